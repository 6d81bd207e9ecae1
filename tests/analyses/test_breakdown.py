import importlib.util
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.analyses.breakdown import breakdown
from perfkit.errors import UsageError
from perfkit.recording import Recording

PATH = Path(__file__).parent / "traces" / "trees.py"
MS = 1_000_000


@pytest.fixture(scope="module")
def made():
    spec = importlib.util.spec_from_file_location("trees", PATH)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def request(number, *parts, route="/orders", own=20, weight=None):
    """Return a request that spends its time one part after the other, then 20 ms of its own."""
    at, told = number * 10_000 * MS, {"trace_id": f"t{number}", "service": "shop"}
    told["weight"] = weight
    took = own + sum(ms for _, ms in parts)
    server = told | {"kind": "server", "route": route, "category": "app"}
    rows = [(f"{number}", None, at, took * MS, server)]
    for place, (category, ms) in enumerate(parts):
        call = told | {"kind": "client", "category": category}
        rows.append((f"{number}.{place}", f"{number}", at, ms * MS, call))
        at += ms * MS
    return rows


@pytest.fixture(scope="module")
def shop(made):
    rows = [row for n in range(3) for row in request(n, ("db", 60), ("http", 20))]
    rows += [row for n in range(3, 5) for row in request(n, ("pool", 30), route="/cart", own=170)]
    return made.recording(*rows)


def test_the_rows_add_up_to_the_wall_time(shop):
    result = breakdown(shop)
    rows = {row["category"]: row for row in result.arrow.to_pylist()}
    assert {name: row["self_ms"] for name, row in rows.items()} == pytest.approx(
        {"app": 400, "db": 180, "http": 60, "pool": 60}
    )
    assert sum(row["share"] for row in rows.values()) == pytest.approx(1)
    assert result.totals["wall_ms"] == pytest.approx(700)
    assert rows["db"]["mean_ms"] == pytest.approx(36)
    assert rows["db"]["requests"] == 3
    assert {row["service"] for row in rows.values()} == {"shop"}


def test_by_route_each_route_adds_up_to_itself_the_longest_first(shop):
    table = breakdown(shop, by="route").table
    assert table["route"].drop_duplicates().tolist() == ["/cart", "/orders"]
    assert table.groupby("route")["share"].sum().tolist() == pytest.approx([1, 1])
    assert table.groupby("route")["self_ms"].sum().tolist() == pytest.approx([400, 300])
    cart = table[(table["route"] == "/cart") & (table["category"] == "pool")].iloc[0]
    assert (cart["mean_ms"], cart["share"], cart["suspect"]) == (30, 0.15, "blocking")


def test_the_suspects_add_up_to_the_mean_request(shop):
    result = breakdown(shop)
    (section,) = result.sections.values()
    everything, cart, orders = section.to_pylist()
    assert everything["route"] == "all requests"
    assert (cart["route"], orders["route"]) == ("/cart", "/orders")
    names = ["database_ms", "external_ms", "blocking_ms", "own_code_ms"]
    assert [orders[name] for name in names] == pytest.approx([60, 20, 0, 20])
    assert orders["coverage_share"] == pytest.approx(0.8)
    assert sum(cart[name] for name in names) == pytest.approx(cart["mean_ms"])
    assert "unattributed_ms" not in section.column_names


def test_the_headline_names_the_largest_suspect(shop):
    assert breakdown(shop).headline == (
        "Own code: 57.1 % of the 700 ms that 5 requests took; /cart takes the most"
    )


def test_a_route_can_be_asked_for(shop):
    result = breakdown(shop, route="/cart")
    assert result.totals["requests"] == 2
    assert result.headline.endswith("that 2 requests of /cart took")


def test_a_breakdown_judges_nothing_and_does_not_say_that_all_is_well(shop):
    assert "Nothing wrong" not in breakdown(shop).to_text()


def test_low_coverage_is_told_of_requests_that_are_worth_it(shop, made):
    assert any("/cart (15.0 %)" in caveat for caveat in breakdown(shop).caveats)
    quick = made.recording(*request(1, ("db", 1), own=5))
    assert not any("Child spans" in caveat for caveat in breakdown(quick).caveats)


def test_parallel_time_is_told(made):
    rows = request(1, ("http", 50), own=0)
    twin = ("x", "1", rows[1][2], 50 * MS, {"trace_id": "t1", "category": "http"})
    result = breakdown(made.recording(*rows, twin))
    assert any("100.0 % of the wall time several spans" in caveat for caveat in result.caveats)
    assert result.totals["parallel_share"] == pytest.approx(1)


def test_lost_spans_make_own_code_unattributed_and_are_told(made):
    lost = ("x", "gone", 10 * MS, 5 * MS, {"trace_id": "t0", "category": "db", "kind": "client"})
    result = breakdown(made.recording(*request(0, ("db", 60)), lost))
    rows = {row["category"]: row["self_ms"] for row in result.arrow.to_pylist()}
    assert rows == pytest.approx({"db": 60, "unattributed": 20})
    assert any("25.0 % of the wall time is unattributed" in caveat for caveat in result.caveats)


def test_a_blocked_loop_is_told_beside_own_code(shop, built):
    at = datetime(2026, 1, 1, tzinfo=UTC)
    blocked = built(events=[{"at": at, "kind": "blocked_loop", "duration_ms": 120.0}] * 3)
    caveats = breakdown(shop + blocked).caveats
    assert any("blocked 3 times, 360 ms in all" in caveat for caveat in caveats)


def test_sampled_requests_count_for_those_they_stand_for(made):
    rows = [*request(0, ("db", 80), weight=9.0), *request(1, weight=1.0)]
    result = breakdown(made.recording(*rows))
    share = {row["category"]: row["share"] for row in result.arrow.to_pylist()}
    assert share["db"] == pytest.approx(9 * 80 / (9 * 100 + 20))


def test_without_spans_the_answer_is_empty_and_says_so():
    result = breakdown(Recording())
    assert result.arrow.num_rows == 0
    assert result.headline.startswith("There are no requests")
    assert result.to_text()


def test_requests_that_took_no_time_break_nothing(made):
    result = breakdown(made.recording(("R", None, 0, 0), ("A", "R", 0, 0)))
    assert result.arrow.num_rows == 0
    assert result.to_text()


def test_a_wrong_question_says_what_to_ask(shop):
    with pytest.raises(UsageError, match="cannot group by 'service'"):
        breakdown(shop, by="service")
    with pytest.raises(UsageError, match="no request is served on route '/x'"):
        breakdown(shop, route="/x")


def test_the_result_is_ready_for_json(shop):
    told = breakdown(shop).to_dict()
    assert told["schema"] == "perfkit.breakdown/1"
    assert json.loads(json.dumps(told))["parts"][0]["category"] == "app"


@given(data=st.data())
def test_any_traces_add_up(made, data):
    rows = [row for name in ("t", "u") for row in data.draw(made.trees(trace=name))]
    for by in (None, "route"):
        result = breakdown(made.recording(*rows), by=by)
        total = sum(result.arrow["self_ms"].to_pylist())
        assert total == pytest.approx(result.totals["wall_ms"], abs=1e-9)
