"""A real story on a small shop: the faults show in the files, and the calm before is calm."""

import json
import re
from collections import Counter, defaultdict
from datetime import UTC, datetime

import pytest

import perfkit.lab
from perfkit.errors import LabError, UsageError
from perfkit.lab.recordings import LOG_FILES, SHOP_FILES, STORY, alone
from perfkit.lab.shop.faults import FAULTS

pytestmark = pytest.mark.lab

REQUESTS = 24
LINE = re.compile(rb"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} UTC \[\d+\] |\t")


@pytest.fixture(scope="module")
def lab():
    with perfkit.lab.start(scale=0.1) as lab:
        yield lab


@pytest.fixture(scope="module")
def story(lab, tmp_path_factory):
    return lab.record(tmp_path_factory.mktemp("story") / "all", requests=REQUESTS, seconds=5)


@pytest.fixture(scope="module")
def phases(story):
    """Rows of one file, divided into those before and after the launch."""

    def divide(name, time=lambda row: datetime.fromisoformat(row["timestamp"])):
        lines = (story.directory / name).read_text(encoding="utf-8").splitlines()
        halves = [], []
        for row in map(json.loads, lines):
            halves[time(row) >= story.launched_at].append(row)
        return halves

    return divide


@pytest.fixture(scope="module")
def spans(story):
    found = []
    for line in (story.directory / "traces.jsonl").read_text(encoding="utf-8").splitlines():
        for resource in json.loads(line)["resourceSpans"]:
            for scope in resource["scopeSpans"]:
                found += scope["spans"]
    return found


def divided(spans, story):
    launch = story.launched_at.timestamp() * 1e9
    halves = [], []
    for span in spans:
        halves[int(span["startTimeUnixNano"]) >= launch].append(span)
    return halves


def finished(rows):
    return [row for row in rows if row["event"] == "request_finished"]


def test_the_folder_holds_every_file_and_nothing_else(story):
    found = {p.relative_to(story.directory).as_posix() for p in story.directory.rglob("*")}
    assert found == {*SHOP_FILES, *LOG_FILES, STORY, "jsonlog"}


def test_every_route_got_the_same_requests_before_and_after(story, phases):
    for rows in phases("requests.jsonl"):
        routes = Counter((row["method"], row["route"]) for row in finished(rows))
        assert len(routes) == 7
        assert routes.pop(("GET", "/export")) >= 0.4 * REQUESTS
        assert min(routes.values()) >= REQUESTS
        assert {row["status"] for row in finished(rows)} <= {200, 201}
    assert story.before.sent.by_route == story.after.sent.by_route
    assert story.after.sent.failures == 0


def test_the_story_tells_its_times_and_faults(story):
    told = json.loads((story.directory / "story.json").read_text())
    assert told["marks"] == [{"at": story.launched_at.isoformat(), "label": "launch"}]
    assert [phase["name"] for phase in told["phases"]] == ["before", "after"]
    assert told["phases"][0]["faults"] == []
    assert told["phases"][1]["faults"] == sorted(FAULTS) == sorted(told["faults"])
    assert story.before.ended_at <= story.launched_at <= story.after.started_at


def test_every_line_lies_within_the_story(story, phases):
    for name in ("requests.jsonl", "pool.jsonl"):
        for row in [row for rows in phases(name) for row in rows]:
            at = datetime.fromisoformat(row["timestamp"])
            assert story.before.started_at <= at
            assert (at - story.after.ended_at).total_seconds() < 0.5


def test_the_page_of_orders_takes_two_queries_before_and_41_after(story, spans, phases):
    for rows, expected in zip(phases("requests.jsonl"), (2, 41), strict=True):
        counts = {row["query_count"] for row in finished(rows) if row["route"] == "/orders"}
        assert counts == {expected}
    for half, expected in zip(divided(spans, story), (2, 41), strict=True):
        traces = {span["traceId"] for span in half if span["name"] == "GET /orders"}
        selects = Counter(span["traceId"] for span in half if span["name"] == "SELECT")
        assert {selects[trace] for trace in traces} == {expected}


def test_no_request_repeats_a_statement_five_times_before_the_launch(story, spans):
    before, _ = divided(spans, story)
    statements = Counter(
        (span["traceId"], attribute["value"]["stringValue"])
        for span in before
        for attribute in span.get("attributes", [])
        if attribute["key"] == "db.statement"
    )
    assert max(statements.values()) < 5


def pg_time(row):
    return datetime.strptime(row["timestamp"], "%Y-%m-%d %H:%M:%S.%f %Z").replace(tzinfo=UTC)


def test_the_plan_in_the_log_scans_all_orders_only_after_the_launch(phases):
    before, after = phases("jsonlog/postgresql.json", pg_time)
    assert not [row for row in before if '"Seq Scan"' in row["message"]]
    scans = [row["message"] for row in after if '"Seq Scan"' in row["message"]]
    assert len(scans) >= REQUESTS // 2
    assert all('"Relation Name": "orders"' in scan for scan in scans)
    assert any("drop index if exists orders_user_id_idx" in row["message"] for row in after)


def test_both_logs_of_the_server_are_whole_lines_of_the_shop_alone(story):
    text = (story.directory / "postgresql.log").read_bytes()
    assert text.endswith(b"\n")
    assert all(LINE.match(line) for line in text.splitlines())
    assert b"perfkit mark" not in text
    assert text.count(b"@shop/perfkit") == 0
    rows = (story.directory / "jsonlog/postgresql.json").read_text().splitlines()
    assert {json.loads(row).get("dbname", "shop") for row in rows} == {"shop"}


def test_checkouts_wait_for_a_connection_only_after_the_launch(phases):
    waits = [
        sorted(row["wait_ms"] for row in rows if row["event"] == "checkout")
        for rows in phases("pool.jsonl")
    ]
    before, after = waits
    assert len(before) == len(after) >= REQUESTS
    assert before[len(before) * 9 // 10] < 30
    assert after[-1] > 100
    assert after[len(after) // 2] > 20


def test_a_held_connection_is_idle_and_names_the_handler(phases):
    _, after = phases("pool.jsonl")
    checkouts = [row for row in after if row["event"] == "checkout"]
    for row in checkouts:
        assert row["hold_ms"] > 100
        assert row["busy_ms"] < row["hold_ms"] / 2
        assert "checkout.py:checkout:" in row["stack"]
        assert re.fullmatch("[0-9a-f]{32}", row["trace_id"])
    assert max(row["waiting"] for row in after if row["event"] == "pool_sample") > 0


def test_the_report_blocks_the_loop_only_after_the_launch(phases):
    before, after = (
        Counter("report:render" in row["stack"] for row in rows if row["event"] == "blocked_loop")
        for rows in phases("requests.jsonl")
    )
    assert before[True] == 0
    assert after[True] >= REQUESTS // 2


def test_the_tiles_of_the_dashboard_overlap_only_before_the_launch(story, spans):
    overlaps = []
    for half in divided(spans, story):
        calls = defaultdict(list)
        dashboards = {span["spanId"] for span in half if span["name"] == "GET /dashboard"}
        for span in half:
            if span.get("parentSpanId") in dashboards and span["kind"] == 3:
                times = int(span["startTimeUnixNano"]), int(span["endTimeUnixNano"])
                calls[span["parentSpanId"]].append(times)
        assert {len(times) for times in calls.values()} == {3}
        ordered = [sorted(times) for times in calls.values()]
        overlaps.append({second[0] < first[1] for first, second, _ in ordered})
    assert overlaps == [{True}, {False}]


def test_every_trace_is_whole_and_belongs_to_one_request(spans):
    ids = {span["spanId"] for span in spans}
    assert all(span["parentSpanId"] in ids for span in spans if span.get("parentSpanId"))
    roots = {span["name"] for span in spans if not span.get("parentSpanId")}
    assert all(name.startswith(("GET /", "POST /")) for name in roots)
    assert not any("_lab" in name or "healthz" in name for name in roots)


def test_the_log_and_the_traces_share_their_ids(spans, phases):
    logged = {row["trace_id"] for rows in phases("requests.jsonl") for row in finished(rows)}
    assert logged == {span["traceId"] for span in spans}


def test_one_fault_alone_shows_and_the_faults_are_as_before(lab, tmp_path):
    lab.set_faults(all=False, blocking_call=True)
    story = lab.record(tmp_path / "one", faults=["n_plus_one"], requests=5, seconds=1)
    assert story.after.faults == ("n_plus_one",)
    assert [name for name, on in lab.faults.items() if on] == ["blocking_call"]
    lab.set_faults(all=False)
    rows = map(json.loads, (tmp_path / "one/requests.jsonl").read_text().splitlines())
    counts = {row["query_count"] for row in rows if row.get("route") == "/orders"}
    assert counts == {2, 41}


def test_a_clean_story_replaces_an_earlier_one(lab, tmp_path):
    lab.record(tmp_path / "clean", faults=["n_plus_one"], requests=2, seconds=0.5)
    story = lab.record(tmp_path / "clean", faults=[], requests=2, seconds=0.5)
    assert story.to_dict()["faults"] == {}
    rows = map(json.loads, (tmp_path / "clean/requests.jsonl").read_text().splitlines())
    assert {row["query_count"] for row in rows if row.get("route") == "/orders"} == {2}


def test_a_folder_with_other_files_is_left_alone(lab, tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(UsageError, match="holds other files"):
        lab.record(tmp_path)
    with pytest.raises(UsageError, match="is a file"):
        lab.record(tmp_path / "thesis.txt")
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_an_unknown_fault_is_refused_before_the_folder_is_made(lab, tmp_path):
    with pytest.raises(UsageError, match="'gremlins'"):
        lab.record(tmp_path / "new", faults=["gremlins"])
    with pytest.raises(UsageError, match="is not a list of names"):
        lab.record(tmp_path / "new", faults="n_plus_one")
    assert not (tmp_path / "new").exists()


def test_two_recordings_at_once_are_refused(lab, tmp_path):
    with alone(lab), pytest.raises(LabError, match="another notebook is recording"):
        lab.record(tmp_path / "second")
