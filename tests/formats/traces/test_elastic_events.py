"""Events collected into tables: ids, errors, composites, and what is left to be decided."""

import pytest

from perfkit.formats.traces.conventions import facts
from perfkit.formats.traces.elastic_events import NO_IDS, Event, Events, Told
from perfkit.formats.traces.elastic_process import Process

T, S = "0" * 31 + "a", "0" * 15 + "b"
MS = 1_000_000


def told(kind="internal", category=None, **attributes):
    return Told(kind, facts(attributes), category, Process("shop", None), b"{}")


def event(span=S, **more):
    values = {
        "trace": T, "span": span, "parent": None, "transaction": None, "told": told(), "name": "n",
        "started_ns": 1, "duration_ns": MS, "outcome": None,
    }  # fmt: skip
    return Event(**(values | more))


def built(*events):
    found = Events()
    for line, one in enumerate(events, start=1):
        assert found.add(one, line) == ""
    return found.built()


def column(tables, name, table="spans"):
    return tables.tables[table][name].to_pylist()


@pytest.mark.parametrize("more", [{"trace": None}, {"trace": ""}, {"span": None}, {"span": ""}])
def test_an_event_without_ids_is_refused_and_not_kept(more):
    found = Events()
    assert found.add(event(**more), 1) == NO_IDS
    assert found.built()[1].spans == 0


def test_ids_are_padded_and_others_stay():
    tables, _ = built(event(span="B", trace="A"), event(span="order-1", trace="odd"))
    assert column(tables, "span_id") == [S, "order-1"]
    assert column(tables, "trace_id") == [T, "odd"]
    assert column(tables, "line") == [1, 2]


@pytest.mark.parametrize(
    ("more", "parent"),
    [
        ({"parent": "C"}, "000000000000000c"),
        ({"transaction": "D"}, "000000000000000d"),
        ({"parent": "C", "transaction": "D"}, "000000000000000c"),
        ({"parent": "0000000000000000"}, None),
        ({"parent": ""}, None),
        ({"transaction": S}, None),  # the transaction itself
    ],
)
def test_the_parent_is_the_span_above_or_the_transaction(more, parent):
    assert column(built(event(**more))[0], "parent_id") == [parent]


@pytest.mark.parametrize(
    ("more", "error", "failed"),
    [
        ({"outcome": "success"}, None, {}),
        ({"outcome": "failure"}, "failure", {0: True}),
        ({"outcome": "failure", "result": "HTTP 5xx"}, "HTTP 5xx", {0: True}),
        ({"told": told("server", **{"http.response.status_code": 503})}, "failure", {0: True}),
        ({"told": told("server", **{"http.response.status_code": 404})}, None, {}),
        ({"outcome": "unknown"}, None, {0: False}),
        ({}, None, {0: False}),
    ],
)
def test_errors_and_who_may_have_failed(more, error, failed):
    tables, carry = built(event(**more))
    (found,) = column(tables, "error")
    assert (found is None) == (error is None)
    assert error in {found, "failure"}
    assert {row: sure for row, (_, sure) in carry.failed.items()} == failed
    assert all(key == (T, S) for key, _ in carry.failed.values())


def test_a_query_of_a_composite_takes_the_mean_of_its_calls():
    """Their sum leaves out the time between them."""
    query = told("client", "db", **{"db.system": "postgresql", "db.statement": "select 1"})
    tables, carry = built(
        event("1", told=query, calls=4, calls_ns=8 * MS, duration_ns=20 * MS),
        event("2", told=query, duration_ns=5 * MS),
        event("3", told=query, calls=2, duration_ns=6 * MS),
    )
    assert column(tables, "duration_ms", "queries") == [2, 5, 3]
    assert column(tables, "duration_ms") == [20, 5, 6]
    assert column(tables, "calls") == [4, None, 2]
    assert carry.counts.composites == 2


def test_spans_without_a_time_wait_for_their_transaction():
    _, carry = built(
        event("1", started_ns=None, offset_ns=7, transaction="D"),
        event("2", started_ns=None, offset_ns=7),
        event("3", started_ns=3, offset_ns=7, transaction="D"),
    )
    assert carry.offsets == {0: ((T, "000000000000000d"), 7)}


def test_an_error_is_kept_for_its_span_and_for_its_transaction():
    found = Events()
    found.failure("a", "b", "d", "first")
    found.failure("a", "c", "d", "second")
    messages = found.built()[1].messages
    assert messages[T, S] == ("first", False)
    assert messages[T, "000000000000000d"] == ("first", True)
    assert messages[T, "000000000000000c"] == ("second", False)


def test_an_error_of_the_transaction_itself_comes_before_those_within():
    found = Events()
    found.failure("a", "b", "d", "within")
    found.failure("a", "d", "d", "its own")
    found.failure("a", "e", "d", "within")
    assert found.built()[1].messages[T, "000000000000000d"] == ("its own", False)


@pytest.mark.parametrize(
    "missing",
    [(None, "b", "d", "m"), ("a", "b", "d", None), ("a", None, None, "m"), ("a", "b", "d", "")],
)
def test_an_error_of_nobody_is_none(missing):
    found = Events()
    found.failure(*missing)
    assert found.built()[1].messages == {}


def test_counts_add_up():
    found = Events()
    found.count(transactions=1, dropped=3)
    found.count(transactions=1)
    assert (found.counts.transactions, found.counts.dropped, found.counts.broken) == (2, 3, 0)


def test_nothing_makes_empty_tables():
    tables, carry = Events().built()
    assert tables.tables["spans"].num_rows == 0
    assert (carry.failed, carry.offsets, carry.spans) == ({}, {}, 0)
