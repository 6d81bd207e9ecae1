import json
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.analyses.event_loop import event_loop
from perfkit.recording import Recording

START = datetime(2026, 1, 1, tzinfo=UTC)
STACK = "shop.app:report:7;shop.report:render:27;PIL.Image:save:99;time:sleep:1"
ASYNCIO = (
    "Executing <Task finished name='req-1' coro=<slow() done, defined at /srv/app/main.py:27>"
    " result=None created at /usr/lib/python3.11/asyncio/tasks.py:384> took 0.139 seconds"
)


def at(ms):
    return START + timedelta(milliseconds=ms)


def block(end_ms, lag_ms, stack=STACK, **columns):
    line = json.dumps({"source": "heartbeat", "stack": stack}).encode()
    return {
        "at": at(end_ms), "kind": "blocked_loop", "duration_ms": lag_ms, "attributes": line,
        "message": "blocked_loop", **columns,
    }  # fmt: skip


def request(route, start_ms, duration_ms):
    return {"route": route, "started_at": at(start_ms), "duration_ms": duration_ms}


def recording(blocks, requests=()):
    tables = {"events": pa.Table.from_pylist(blocks)}
    if requests:
        tables["requests"] = pa.Table.from_pylist(list(requests))
    return Recording.from_frames(**tables)


def test_each_block_is_a_row_longest_first():
    rec = recording([block(1000, 80.0), block(2000, 120.0, "shop.util:parse:4")])
    rows = event_loop(rec).arrow.to_pylist()
    assert [(row["lag_ms"], row["frame"], row["source"]) for row in rows] == [
        (120.0, "parse (shop.util:4)", "heartbeat"),
        (80.0, "save (PIL.Image:99)", "heartbeat"),
    ]
    assert rows[1]["stack"] == STACK


def test_other_events_are_no_blocks():
    rec = recording([block(1000, 500.0, kind="lock_wait")])
    result = event_loop(rec)
    assert (len(result.arrow), result.findings) == (0, ())
    assert any("has to be on" in caveat for caveat in result.caveats)


def test_a_place_that_blocks_often_is_one_finding():
    rec = recording([block(1000 * i, 80.0, "shop.report:render:27") for i in range(1, 101)])
    (finding,) = event_loop(rec).findings
    assert finding.rule == "blocked-event-loop"
    assert "render (shop.report:27) blocks the event loop 100 times, 8.00 s in all" in finding.title
    assert "p95 80 ms" in finding.title
    assert (finding.saves_ms, finding.saves_times) == (80.0, 100)
    assert finding.fix.snippet.startswith("result = await asyncio.to_thread(render, ...)")


def test_one_short_block_is_no_finding():
    assert event_loop(recording([block(1000, 60.0)])).findings == ()


def test_requests_that_overlap_are_counted():
    requests = [
        request("/a", 700, 50.0),  # over before
        request("/a", 850, 100.0),  # reaches in
        request("/a", 920, 10.0),  # inside
        request("/a", 990, 100.0),  # reaches out
        request("/a", 1001, 10.0),  # begins after
    ]
    rec = recording([block(1000, 100.0)], requests)
    assert event_loop(rec).arrow["requests_held_up"].to_pylist() == [3]


def test_without_requests_it_is_unknown_whom_it_hurts():
    assert event_loop(recording([block(1000, 100.0)])).arrow["requests_held_up"].to_pylist() == [
        None
    ]


@given(
    st.lists(st.tuples(st.integers(0, 500), st.integers(0, 200)), min_size=1, max_size=30),
    st.integers(1, 500),
    st.integers(1, 200),
)
def test_counting_overlaps_agrees_with_looking_at_every_request(requests, end, lag):
    rec = recording([block(end, float(lag))], [request("/a", s, float(d)) for s, d in requests])
    expected = sum(s < end and s + d > end - lag for s, d in requests)
    # a request without duration at the very end of a block may count or not
    touching = sum(d == 0 and end - lag <= s <= end for s, d in requests)
    found = event_loop(rec).arrow["requests_held_up"][0].as_py()
    assert expected - touching <= found <= expected + touching


def test_the_route_is_named_when_only_one_is_open_during_every_block():
    blocks = [block(1000 * i, 80.0) for i in range(1, 6)]
    own = [request("/report", 1000 * i - 85, 84.0) for i in range(1, 6)]
    others = [request("/orders", 1000 * i - 85, 90.0) for i in range(1, 2)]
    (finding,) = event_loop(recording(blocks, own + others)).findings
    assert finding.keys["route"] == "/report"


def test_no_route_is_named_when_two_come_into_question():
    blocks = [block(1000 * i, 80.0) for i in range(1, 6)]
    both = [request(r, 1000 * i - 85, 90.0) for i in range(1, 6) for r in ("/report", "/orders")]
    (finding,) = event_loop(recording(blocks, both)).findings
    assert "route" not in finding.keys


def test_lines_of_asyncio_itself_name_the_coroutine():
    row = {"at": at(1000), "kind": "blocked_loop", "duration_ms": 139.0, "message": ASYNCIO}
    result = event_loop(recording([row]))
    assert result.arrow["frame"].to_pylist() == ["slow (/srv/app/main.py:27)"]
    assert result.arrow["source"].to_pylist() == ["asyncio"]


@pytest.mark.parametrize("line", [b"", b"{", b"[1]", b'{"stack": 7}', b'{"stack": null}', b"\xff"])
def test_a_broken_line_costs_the_frame_alone(line):
    result = event_loop(recording([block(1000, 150.0, attributes=line, message=None)]))
    assert result.arrow["frame"].to_pylist() == [None]
    assert any("do not say which code ran" in caveat for caveat in result.caveats)


def test_a_function_name_from_a_log_is_not_pasted_unless_it_is_one():
    rec = recording([block(1000, 1500.0, "shop.report:<lambda>:3")])
    assert "to_thread(blocking_function, ...)" in event_loop(rec).findings[0].fix.snippet


@given(st.randoms())
def test_the_order_of_rows_does_not_matter(random):
    blocks = [block(100 * i, 50.0 + i % 7, f"shop.a:f{i % 3}:1") for i in range(40)]
    shuffled = list(blocks)
    random.shuffle(shuffled)
    assert event_loop(recording(blocks)).findings == event_loop(recording(shuffled)).findings


def test_a_route_that_the_report_itself_names_is_taken():
    line = json.dumps({"stack": STACK, "route": "/report"}).encode()
    (finding,) = event_loop(recording([block(1000, 1200.0, attributes=line)])).findings
    assert finding.keys == {"frame": "save (PIL.Image)", "route": "/report"}


def test_a_route_that_happens_to_be_open_under_load_is_not_blamed():
    blocks = [block(1000 * i, 80.0) for i in range(1, 11)]
    # the culprit ends a little early once; another route is always open
    own = [request("/report", 1000 * i - 85, 84.0 if i > 1 else 20.0) for i in range(1, 11)]
    others = [request("/search", 1000 * i - 400, 800.0) for i in range(1, 11)]
    (finding,) = event_loop(recording(blocks, own + others)).findings
    assert "route" not in finding.keys


def test_times_to_the_nanosecond_are_kept_and_shown():
    ns = 1_700_000_000_123_456_789
    at_ns = pa.array([ns], pa.timestamp("ns", "UTC"))
    table = pa.table({"at": at_ns, "kind": ["blocked_loop"], "duration_ms": [1500.0]})
    table = table.append_column("message", pa.array(["/srv/a.py:3 in f"]))
    result = event_loop(table)
    assert result.arrow["at"].cast(pa.int64()).to_pylist() == [ns]
    assert result.findings[0].evidence[0]["at"].isoformat() == "2023-11-14T22:13:20.123456+00:00"
    assert "2023-11-14 22:13:20.123" in result.to_text()


def test_one_short_block_is_no_pattern():
    assert event_loop(recording([block(1000, 400.0)])).findings == ()


def test_a_function_that_blocks_in_two_lines_is_one_finding_and_a_comprehension_is_its_function():
    stacks = ["shop.a:f:10", "shop.a:f:12;shop.a:<listcomp>:13", "shop.a:f:10"]
    blocks = [block(1000 * i, 80.0, stack) for i, stack in enumerate(stacks, start=1)]
    (finding,) = event_loop(recording(blocks)).findings
    assert finding.keys["frame"] == "f (shop.a)"
    assert "f (shop.a:10)" in finding.title
