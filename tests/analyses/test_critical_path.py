import importlib.util
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.analyses.critical_path import critical_path
from perfkit.errors import EmptyInput, UsageError
from perfkit.recording import Recording

PATH = Path(__file__).parent / "traces" / "trees.py"
MS = 1_000_000
COLUMNS = {"trace_id", "span_id", "started_at", "duration_ms"}


@pytest.fixture(scope="module")
def made():
    spec = importlib.util.spec_from_file_location("trees", PATH)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def request(number, wait=10, query=20, *, route="/orders", trace=None):
    """Return a request of 20 ms of its own that waits for a connection and a statement."""
    told = {"trace_id": trace or f"{number:032x}", "service": "shop"}
    names = [f"{number:04x}{part:012x}" for part in range(3)]
    at = number * 1000 * MS
    return [
        (
            names[0],
            None,
            at,
            (wait + query + 20) * MS,
            told | {"kind": "server", "route": route, "category": "app"},
        ),
        (
            names[1],
            names[0],
            at + 10 * MS,
            wait * MS,
            told | {"name": "connect", "category": "pool"},
        ),
        (
            names[2],
            names[0],
            at + (15 + wait) * MS,
            query * MS,
            told | {"name": "load items", "category": "db"},
        ),
    ]


def several(made, count, slow=0, **more):
    rows = [row for n in range(count) for row in request(n, 500 if n < slow else 10, **more)]
    return made.recording(*rows)


def test_one_trace_has_a_row_per_section_in_the_order_of_time(made):
    result = critical_path(several(made, 3), f"{1:032x}")
    table = result.arrow
    assert set(table.column_names) >= COLUMNS
    assert result.noun == "sections"
    assert table["duration_ms"].to_pylist() == [10, 10, 5, 20, 5]
    assert table["name"].to_pylist()[1::2] == ["connect", "load items"]
    assert table["started_at"].to_pylist() == sorted(table["started_at"].to_pylist())
    assert sum(table["duration_ms"].to_pylist()) == result.totals["duration_ms"] == 50
    assert result.headline == "/orders took 50 ms: 40.0 % of its critical path is its own code"


def test_a_trace_is_found_however_its_id_is_written(made):
    rec = several(made, 20)
    for written in (f"{19:032X}", f"{19:x}", f" {19:032x}"):
        assert set(critical_path(rec, written).table["trace_id"]) == {f"{19:032x}"}


def test_the_only_trace_need_not_be_named(made):
    assert critical_path(several(made, 1)).noun == "sections"


def test_spans_come_with_their_slack(made):
    rows = request(1)
    beside = ("ff", rows[0][0], rows[0][2] + 12 * MS, 5 * MS, {"trace_id": f"{1:032x}"})
    spans = critical_path(made.recording(*rows, beside)).spans
    assert (
        spans.set_index("span_id")["slack_ms"]["ff"] == 3
    )  # the statement waited for what ended last
    assert (spans[spans["path_ms"] > 0]["slack_ms"] == 0).all()
    assert spans["start_ms"].tolist() == [0, 10, 12, 25]


def test_many_traces_have_a_row_per_route_and_operation(made):
    result = critical_path(several(made, 100, slow=4))
    rows = {row["operation"]: row for row in result.arrow.to_pylist()}
    assert result.noun == "operations"
    assert set(rows) == {"connect", "load items", request(0)[0][0]} | set(rows)
    connect = rows["connect"]
    assert (connect["route"], connect["category"], connect["service"]) == (
        "/orders",
        "pool",
        "shop",
    )
    assert connect["at_p50_ms"] == 10
    assert connect["at_p99_ms"] == 500
    assert connect["at_p50_share"] == pytest.approx(10 / 50)
    assert connect["at_p99_share"] == pytest.approx(500 / 540)
    assert connect["path_ms"] == pytest.approx(0.04 * 500 + 0.96 * 10)
    assert connect["requests"] == connect["requests_of_route"] == 100


def test_the_time_of_a_route_adds_up(made):
    result = critical_path(several(made, 50, slow=5))
    for at in ("at_p50_share", "at_p99_share", "share"):
        assert sum(result.arrow[at].to_pylist()) == pytest.approx(1)


def test_routes_can_be_asked_for_also_below_others(made):
    rec = several(made, 4) + several(made, 9, route="/cart")
    assert set(critical_path(rec, route="/cart").table["route"]) == {"/cart"}
    one = critical_path(rec, f"{2:032x}", route="/orders")
    assert one.totals["route"] == "/orders"


def test_what_holds_only_the_slow_requests_is_a_finding(made):
    (found,) = critical_path(several(made, 400, slow=12)).findings
    assert found.rule == "critical-path"
    assert found.title == (
        "/orders at p99: connect holds 92.6 % of the critical path, 500 ms of 540 ms;"
        " at p50 it takes 10 ms"
    )
    assert found.saves_ms == pytest.approx(490)
    assert found.saves_times == 8
    assert found.confidence == "high"
    assert found.keys["route"] == "/orders"
    assert [row["after_ms"] for row in found.evidence] == pytest.approx([40, 50])


def test_what_is_slow_always_is_a_finding_that_saves_half(made):
    (found,) = critical_path(several(made, 150, query=800)).findings
    assert found.title.startswith("/orders waits 800 ms for load items, 96.4 %")
    assert (found.saves_ms, found.saves_times) == (400, 150)
    assert found.confidence == "medium"


@pytest.mark.parametrize(
    ("why", "count", "slow", "query"),
    [
        ("nothing is slow", 400, 0, 20),
        ("most of every path, but short", 400, 0, 300),
        ("one slow request may be chance", 400, 1, 20),
        ("too few requests", 20, 2, 20),
    ],
)
def test_there_is_no_finding_where(why, count, slow, query, made):
    result = critical_path(several(made, count, slow=slow, query=query))
    assert not result.findings
    assert result.checked


def test_innocent_traces_yield_no_finding(innocent):
    from perfkit import tables

    rows = innocent()
    columns = dict.fromkeys(name for row in rows for name in row)
    spans = tables.from_columns("spans", {n: [row.get(n) for row in rows] for n in columns})
    assert critical_path(Recording.from_frames(spans=spans)).findings == ()


def test_a_free_operation_leaves_the_rest(made):
    result = critical_path(several(made, 10, slow=5)).what_if("connect")
    assert result.headline.endswith(" on average")
    (row,) = result.arrow.to_pylist()
    assert result.noun == "routes"
    assert row["mean_ms"] == 295
    assert row["mean_after_ms"] == 40
    assert row["p50_after_ms"] == row["p99_after_ms"] == 40
    assert row["affected"] == row["requests"] == 10
    assert result.headline.startswith("If connect took no time, /orders would take 40 ms instead")


def test_what_if_of_one_trace_is_no_average_and_says_nothing_of_wrong_or_right(made):
    path = critical_path(several(made, 3), f"{1:032x}")
    told = path.what_if("connect")
    assert told.headline.endswith("would take 40 ms instead of 50 ms")
    assert not any("Nothing wrong" in result.to_text() for result in (path, told))


def test_an_operation_can_be_faster_or_slower_or_unchanged(made):
    result = critical_path(several(made, 4))
    saved = [
        result.what_if("load items", factor=factor).arrow["saves_ms"][0].as_py()
        for factor in (0, 0.25, 1, 2)
    ]
    assert saved == [20, 15, 0, -20]


def test_a_service_can_be_faster_without_the_requests_themselves(made):
    result = critical_path(several(made, 4)).what_if(service="shop")
    assert result.arrow["mean_after_ms"].to_pylist() == [20]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"name": "load item"}, "did you mean 'load items'"),
        ({"name": "zzz"}, "there are: 'connect', 'load items'"),
        ({"service": "shopp"}, "did you mean 'shop'"),
        ({}, "neither an operation nor a service"),
        ({"name": "connect", "factor": -1}, "factor -1"),
        ({"name": "connect", "factor": float("nan")}, "factor nan"),
    ],
)
def test_a_wrong_question_says_what_to_ask(asked, said, made):
    with pytest.raises(UsageError, match="what_if") as caught:
        critical_path(several(made, 3)).what_if(**asked)
    assert said in str(caught.value)


def test_sampled_requests_count_for_those_they_stand_for(made):
    rows = [row for n in range(4) for row in request(n, 500 if n == 0 else 10)]
    heavy = [(*row[:4], row[4] | {"weight": 97.0 if row[2] < 900 * MS else 1.0}) for row in rows]
    table = critical_path(made.recording(*heavy)).table.set_index("operation")
    assert table["path_ms"]["connect"] == pytest.approx((97 * 500 + 3 * 10) / 100)


def test_several_roots_are_told_and_the_longest_whose_parent_is_not_lost_is_taken(made):
    told = {"trace_id": f"{1:032x}"}
    rows = [*request(1), ("lost", "gone", 5, 900 * MS, told), ("more", None, 5, 20 * MS, told)]
    result = critical_path(made.recording(*rows))
    assert result.totals["duration_ms"] == 50
    assert any("3 spans without a parent" in caveat for caveat in result.caveats)
    assert any("name a parent that is not there" in caveat for caveat in result.caveats)


def test_work_behind_the_request_is_outside_and_told(made):
    rows = request(1)
    late = ("late", rows[0][0], rows[0][2] + 45 * MS, 90 * MS, {"trace_id": f"{1:032x}"})
    after = ("after", rows[0][0], rows[0][2] + 50 * MS, 90 * MS, {"trace_id": f"{1:032x}"})
    result = critical_path(made.recording(*rows, late, after))
    assert result.totals["duration_ms"] == 50
    assert any(caveat.startswith("1 spans ran outside") for caveat in result.caveats)
    assert any(caveat.startswith("1 spans outlive") for caveat in result.caveats)


def test_of_leftovers_the_longest_is_taken(made):
    told = {"trace_id": "t"}
    rows = [("a", "gone", 0, 9 * MS, told), ("b", "gone", 5, 20 * MS, told)]
    assert critical_path(made.recording(*rows)).totals["duration_ms"] == 20


def test_few_requests_are_told(made):
    slow = critical_path(several(made, 152, slow=8))
    assert slow.findings[0].title.startswith("/orders in the slowest 3 of 152 requests: connect")
    assert "in the slowest 3 of 152 requests connect holds" in slow.headline
    caveats = critical_path(several(made, 12)).caveats
    assert any("fewer than 368 requests (the fewest: 12)" in caveat for caveat in caveats)


def test_unknown_traces_and_routes_are_usage_errors(made):
    rec = several(made, 3)
    with pytest.raises(UsageError, match="there is no trace 'abc'"):
        critical_path(rec, "abc")
    with pytest.raises(UsageError, match="no request is served on route '/x'"):
        critical_path(rec, route="/x")
    with pytest.raises(EmptyInput, match="start and a duration"):
        critical_path(made.recording(("A", None, 0, None)), "t")


def test_without_spans_the_answer_is_empty_and_says_so():
    result = critical_path(Recording())
    assert result.arrow.num_rows == 0
    assert result.headline.startswith("There is no request")
    assert "Requests per route" in result.to_text() or result.to_text()


def test_a_dataframe_or_a_table_will_do(made):
    rec = several(made, 2)
    for data in (rec.spans, rec.arrow("spans")):
        assert critical_path(data).arrow.num_rows == critical_path(rec).arrow.num_rows


def test_the_result_is_ready_for_json(made):
    import json

    told = critical_path(several(made, 400, slow=12)).to_dict()
    assert told["schema"] == "perfkit.critical_path/1"
    assert json.loads(json.dumps(told))["operations"]
    assert json.dumps(critical_path(several(made, 1)).to_dict()["sections"])


@given(data=st.data())
def test_a_second_recording_changes_no_path(made, data):
    first, second = (made.spans(*data.draw(made.trees(trace=name))) for name in ("t", "u"))
    both = Recording(contents={"spans": pa.concat_tables([second, first])})
    alone = critical_path(Recording(contents={"spans": first}), "t")
    joined = critical_path(both, "t")
    assert joined.arrow.equals(alone.arrow)
    known = ["span_id", "path_ms", "slack_ms"]
    assert joined.series["spans"].select(known).equals(alone.series["spans"].select(known))


def test_the_path_of_a_poll_is_that_of_the_message_it_hands_over(made):
    told = {"trace_id": f"{1:032x}", "kind": "consumer"}
    rows = [("poll", None, 0, 26_000, told), ("A", "poll", 30_000, 250 * MS, told | {"kind": None})]
    rows += [("B", "poll", 251 * MS, 100 * MS, rows[1][4])]
    result = critical_path(made.recording(*rows))
    assert result.totals["duration_ms"] == 250
    assert any("2 spans that a span above only hands over to" in text for text in result.caveats)
