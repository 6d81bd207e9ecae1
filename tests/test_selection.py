import io

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import perfkit
from perfkit import tables
from perfkit.errors import UsageError
from perfkit.recording import Recording


def recording(**contents):
    return Recording(
        contents={name: tables.from_columns(name, given) for name, given in contents.items()}
    )


def lines(rec, name):
    return rec.arrow(name)["line"].to_pylist()


@pytest.fixture
def shop():
    """Two routes; statements know the trace, or only the request, or neither."""
    return recording(
        requests={
            "line": [1, 2, 3],
            "route": ["/orders", "/cart", "/orders"],
            "service": ["shop", "shop", "legacy"],
            "trace_id": ["t1", "t2", None],
            "request_id": ["r1", "r2", "r3"],
            "status": [200, 500, 500],
        },
        spans={
            "line": [1, 2, 3, 4],
            "trace_id": ["t1", "t1", "t2", "t2"],
            "route": ["/orders", None, "/cart", None],
            "service": ["shop", "stock", "shop", "stock"],
        },
        queries={
            "line": [1, 2, 3, 4, 5],
            "trace_id": ["t1", "t2", None, None, None],
            "request_id": [None, None, "r3", "r2", None],
            "database": ["prod", "prod", "prod", "test", "test"],
        },
        events={"line": [1], "kind": ["deploy"]},
    )


def test_a_route_keeps_its_requests_its_whole_traces_and_the_statements_below(shop):
    kept = shop.where(route="/orders")
    assert lines(kept, "requests") == [1, 3]
    assert lines(kept, "spans") == [1, 2]
    assert lines(kept, "queries") == [1, 3]


def test_a_request_id_is_found_through_the_trace(shop):
    assert lines(shop.where(route="/cart"), "queries") == [2, 4]


def test_a_table_that_nothing_joins_is_kept_whole_and_noted(shop):
    kept = shop.where(route="/orders")
    assert lines(kept, "events") == [1]
    notes = {note.kind: note.message for note in kept.quality}
    assert "events whole" in notes["not-narrowed"]
    assert "queries" not in notes["not-narrowed"]
    assert notes["rows-without-trace"].endswith("left out rows of queries without an id: 1")


def test_a_row_must_meet_all_conditions(shop):
    kept = shop.where(route="/orders", service="shop")
    assert lines(kept, "requests") == [1]
    assert lines(kept, "spans") == [1, 2]
    assert lines(kept, "queries") == [1]


def test_conditions_that_no_table_names_together_are_met_by_the_ids(shop):
    kept = shop.where(route="/orders", database="prod")
    assert lines(kept, "requests") == [1, 3]
    assert lines(kept, "spans") == [1, 2]
    assert lines(kept, "queries") == [1, 3]
    assert lines(shop.where(route="/orders", database="test"), "queries") == []


def test_a_statement_leads_to_its_request(shop):
    kept = shop.where(database="test")
    assert lines(kept, "queries") == [4, 5]
    assert lines(kept, "requests") == [2]
    assert lines(kept, "spans") == [3, 4]


def test_a_value_that_nothing_has_leaves_nothing(shop):
    kept = shop.where(route="/nowhere")
    assert [lines(kept, name) for name in ("requests", "spans", "queries")] == [[], [], []]


def test_a_number_is_compared_as_one(shop):
    assert lines(shop.where(status=500), "requests") == [2, 3]
    assert lines(shop.where(status="500"), "requests") == [2, 3]


def test_selecting_twice_is_selecting_once(shop):
    once = shop.where(route="/orders")
    twice = once.where(route="/orders")
    assert twice.quality[: len(once.quality)] == once.quality
    assert all(lines(twice, name) == lines(once, name) for name in shop.contents)


def test_what_carries_no_id_at_all_stays_whole_beside_requests_that_have_none():
    rec = recording(
        requests={"line": [1, 2], "route": ["/a", "/b"]},
        spans={"line": [1], "trace_id": ["t1"]},
        queries={"line": [1]},
    )
    kept = rec.where(route="/a")
    assert (lines(kept, "requests"), lines(kept, "spans"), lines(kept, "queries")) == (
        [1],
        [1],
        [1],
    )
    assert "spans, queries whole" in kept.quality[0].message


@pytest.mark.parametrize(
    ("column", "near"), [("rout", "route"), ("services", "service"), ("DATABASE", "look at")]
)
def test_a_column_of_no_table_is_answered_with_the_nearest(shop, column, near):
    with pytest.raises(UsageError, match="no table has a column") as caught:
        shop.where(**{column: "x"})
    assert near in caught.value.hint


def test_a_column_that_is_unknown_in_every_row_is_said_to_be(shop):
    with pytest.raises(UsageError, match="'sqlstate' is unknown in every row") as caught:
        shop.where(sqlstate="40P01")
    assert "route" in caught.value.hint


@pytest.mark.parametrize(
    "conditions",
    [{"status": "many"}, {"route": None}, {"at": "14:02"}, {"status": 2**70}, {"route": "\ud800"}],
)
def test_a_value_that_cannot_be_compared_is_refused(shop, conditions):
    with pytest.raises(UsageError, match="is not a value of"):
        shop.where(**conditions)


def test_an_empty_recording_stays_empty():
    assert Recording().where(route="/orders").contents == {}
    rec = recording(requests={})
    assert rec.where(route="/orders").arrow("requests").num_rows == 0


def test_no_condition_keeps_everything(shop):
    assert shop.where() is shop


def test_a_hostile_value_is_shown_harmlessly(shop):
    note = shop.where(route="\x1b[2J" + "x" * 500).quality[0].message
    assert "\x1b" not in note
    assert len(note) < 200


def test_differing_dictionaries_are_compared_by_their_texts():
    parts = [tables.from_columns("requests", {"route": [r]}) for r in ("/a", "/b", "/a")]
    rec = Recording(contents={"requests": pa.concat_tables(parts)})
    assert rec.where(route="/a").arrow("requests").num_rows == 2


ids = st.none() | st.sampled_from("abc")


@given(
    st.lists(st.tuples(ids, st.sampled_from(["/x", "/y", None])), max_size=6),
    st.lists(st.tuples(ids, st.sampled_from(["/x", "/y", None])), max_size=6),
    st.lists(ids, max_size=6),
)
@settings(deadline=None, max_examples=200)
def test_selecting_agrees_with_doing_it_row_by_row(requests, spans, queries):
    rec = recording(
        requests={"trace_id": [r[0] for r in requests], "route": [r[1] for r in requests]},
        spans={"trace_id": [s[0] for s in spans], "route": [s[1] for s in spans]},
        queries={"trace_id": queries},
    )
    naming = [rows for rows in (requests, spans) if any(route for _, route in rows)]
    if not naming:
        return
    kept = rec.where(route="/x")
    traces = {trace for rows in naming for trace, route in rows if route == "/x"} - {None}
    joins = any(trace for rows in naming for trace, _ in rows)

    def expected(rows, *, whole_traces):
        if rows in naming:
            return [r for r in rows if r[1] == "/x" or (whole_traces and r[0] in traces)]
        narrowed = joins and any(row[0] for row in rows)
        return [r for r in rows if r[0] in traces] if narrowed else rows

    assert found(kept, "requests") == expected(requests, whole_traces=False)
    assert found(kept, "spans") == expected(spans, whole_traces=True)
    assert [row[:1] for row in found(kept, "queries")] == expected(
        [(trace,) for trace in queries], whole_traces=False
    )


def found(rec, name):
    table = rec.arrow(name)
    routes = table["route"] if "route" in table.column_names else table["trace_id"]
    return list(zip(table["trace_id"].to_pylist(), routes.to_pylist(), strict=True))


def test_a_route_that_a_log_does_not_name_is_the_one_that_analyses_show():
    log = "".join(
        f'10.0.0.1 - - [20/Nov/2026:12:00:{n % 60:02d} +0000] "GET /{kind}/{n}?x=1 HTTP/1.1" 200 1'
        f' "-" "-" 0.0{n % 7 + 1}\n'
        for n in range(60)
        for kind in ("orders", "users")
    )
    rec = perfkit.load(io.BytesIO(log.encode()))
    shown = perfkit.baseline(rec).arrow
    assert set(shown["route"].to_pylist()) == {"/orders/{id}", "/users/{id}"}
    kept = rec.where(route="/orders/{id}")
    assert [path[:8] for path in kept.arrow("requests")["path"].to_pylist()] == ["/orders/"] * 60
    assert perfkit.baseline(kept).arrow["route"].to_pylist() == ["/orders/{id}"]
    assert kept.where(route="/orders/{id}").arrow("requests").equals(kept.arrow("requests"))


def test_routes_that_are_told_stay_beside_those_of_paths():
    rec = recording(requests={"route": ["/a/{a_id}", None, None], "path": ["/a/1", "/a/2", "/b/3"]})
    kept = rec.where(route="/a/{a_id}").arrow("requests")
    assert kept["path"].to_pylist() == ["/a/1", "/a/2"]
