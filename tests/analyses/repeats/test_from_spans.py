"""Spans become calls below the request that made them, whatever the shape of the trace."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.analyses.repeats.from_spans import Tree, calls_of, served_by_route

START = datetime(2026, 3, 1, tzinfo=UTC)
SQL = "select name from items where id = 7"


def span(span_id, parent=None, trace="t1", **more):
    return {
        "trace_id": trace,
        "span_id": span_id,
        "parent_id": parent,
        "started_at": START,
        "duration_ms": 5.0,
        **more,
    }


def root(span_id="root", trace="t1", route="/orders", **more):
    return span(span_id, trace=trace, kind="server", name=f"GET {route}", route=route, **more)


def db(span_id, parent="root", **more):
    return span(span_id, parent, kind="client", name="SELECT", **{"statement": SQL, **more})


def http(span_id, url, parent="root", **more):
    return span(span_id, parent, **{"kind": "client", "name": "GET", "url": url, **more})


@pytest.fixture(scope="session")
def tree(table):
    return lambda rows: Tree(table("spans", rows))


@pytest.fixture(scope="session")
def calls(tree):
    return lambda *rows: calls_of(tree(rows))


def owners(found):
    """Return route of the owner, trace and target of every call."""
    known = found.owners
    return sorted(
        (known.route[o] or "", known.trace_id[o], found.targets[t].text)
        for o, t in zip(found.owner, found.target, strict=True)
    )


ITEMS = "select name from items where id = ?"


def test_a_statement_belongs_to_the_request_above_it_however_deep(calls):
    rows = [root(), span("a", "root"), span("b", "a"), span("c", "b"), db("d", "c")]
    for order in (rows, rows[::-1]):
        assert owners(calls(*order)) == [("/orders", "t1", ITEMS)]


def test_of_a_request_inside_another_service_the_inner_one_owns(calls):
    inner = root("inner", route="/stock") | {"parent_id": "call"}
    found = calls(root(), http("call", "http://stock/items/7"), inner, db("d", "inner"))
    assert owners(found) == [
        ("/orders", "t1", "GET http://stock/items/{id}"),
        ("/stock", "t1", ITEMS),
    ]


def test_below_a_parent_that_is_missing_calls_stay_together_without_a_route(calls):
    found = calls(db("a", "gone"), db("b", "gone"), db("c", "other"))
    assert len(set(found.owner[:2])) == 1
    assert len(set(found.owner)) == 2
    assert not found.owners.served.any()


def test_the_same_span_id_in_two_traces_is_two_spans(calls):
    rows = [root(trace=t, route=f"/{t}") for t in ("t1", "t2")]
    found = calls(*rows, db("x", trace="t1"), db("x", trace="t2"))
    assert owners(found) == [("/t1", "t1", ITEMS), ("/t2", "t2", ITEMS)]


def test_a_span_written_twice_is_one_call(calls):
    assert len(calls(root(), db("a"), db("a"), db("b"))) == 2


def test_a_cycle_of_parents_ends(calls):
    other = {"statement": "select 1 from t"}
    found = calls(db("a", "b"), db("b", "a", **other), db("c", "c", statement="select 1 from u"))
    assert len(found) == 3
    assert not found.owners.served.any()


def test_a_span_without_a_trace_is_left_out(calls):
    assert len(calls(root(), db("a", trace=None))) == 0


@pytest.mark.parametrize("more", [{"error": "timeout"}, {"status": 500}, {"status": 429}])
def test_what_failed_or_has_to_be_retried_is_marked(calls, more):
    found = calls(root(), http("a", "http://s/1", **more), http("b", "http://s/2"))
    assert found.fails.tolist() == [True, False]


def test_a_client_error_is_a_call_all_the_same(calls):
    assert not calls(root(), http("a", "http://s/1", status=404, error="404")).fails.any()


def test_two_instrumentations_of_one_statement_are_one_call(calls):
    assert len(calls(root(), db("orm"), db("driver", "orm"))) == 1
    assert len(calls(root(), db("orm"), db("driver", "orm", statement="select 2, 3"))) == 2


def test_ids_in_urls_are_one_target_per_peer_and_passwords_never_show(calls):
    found = calls(
        root(),
        http("a", "http://me:secret@stock/items/1", peer="stock"),
        http("b", "http://me:secret@stock/items/2", peer="stock"),
        http("c", "http://stock/items/3", peer="other"),
    )
    assert len(found.targets) == 2
    assert {target.text for target in found.targets} == {"GET http://stock/items/{id}"}


def test_requests_are_counted_by_route_and_named_by_their_span_without_one(tree):
    rows = [root(f"r{n}") for n in range(3)]
    rows += [span("x", kind="server", name="consume"), db("d", "r0")]
    assert served_by_route(tree(rows)) == {"/orders": 3, "consume": 1}


def test_a_client_span_with_a_route_serves_nothing(tree):
    client = span("a", kind="client", route="/orders", url="http://s/1")
    assert served_by_route(tree([client])) == {}


@given(
    st.lists(st.integers(0, 20), max_size=20).flatmap(
        lambda above: st.tuples(st.just(above), st.permutations(range(len(above))))
    )
)
def test_in_any_tree_in_any_order_every_call_is_owned_by_its_request(tree, drawn):
    above, order = drawn
    parents = [min(parent, number) for number, parent in enumerate(above)]
    rows = [
        root("s0"),
        *(
            db(f"s{n + 1}", f"s{p}", statement=f"select {'a' * (n + 1)} from t")
            for n, p in enumerate(parents)
        ),
    ]
    shuffled = [rows[0], *(rows[n + 1] for n in order)][::-1]
    found = calls_of(tree(shuffled))
    assert len(found) == len(above)
    assert len(found.owners.served) == bool(above)
    assert list(found.owners.route) == ["/orders"] * bool(above)


def test_no_spans_are_no_calls(calls):
    assert len(calls()) == 0


def test_a_span_without_an_id_of_its_own_still_belongs_to_its_parent(calls):
    found = calls(root(), db(None), db(None))
    assert owners(found) == [("/orders", "t1", ITEMS)] * 2


def test_starts_are_relative_to_the_first_span(calls):
    later = db("a") | {"started_at": START + timedelta(milliseconds=7)}
    assert calls(root(), later).start_ms.tolist() == [7.0]


def remote(span_id, parent="root", **more):
    return span(span_id, parent, **{"kind": "client", "category": "rpc", "name": "s.A/B", **more})


def test_commands_of_caches_and_remote_procedures_are_calls(calls):
    found = calls(
        root(),
        db("a", category="cache", statement="GET user:7"),
        remote("b", url="grpc://stock.Stock/Get"),
        remote("c"),
    )
    assert {(target.kind, target.text) for target in found.targets} == {
        ("cache", "get user:?"),
        ("rpc", "grpc://stock.Stock/Get"),
        ("rpc", "s.A/B"),
    }


@pytest.mark.parametrize(("status", "fails"), [(0, False), (5, False), (14, True), (8, True)])
def test_remote_procedures_fail_by_the_statuses_of_grpc(calls, status, fails):
    assert calls(root(), remote("a", status=status)).fails.tolist() == [fails]


def test_every_message_is_a_request_of_its_own(calls):
    process = [span(f"m{n}", "root", kind="consumer", name="process") for n in range(3)]
    found = calls(root(), *process, *(db(f"d{n}", f"m{n}") for n in range(3)))
    assert len(found.owners.served) == 3
    assert not found.owners.served.any()


def test_a_format_without_kinds_tells_requests_by_their_http_status(calls):
    top = span("root", name="web.request", status=200)
    found = calls(top, db("a"))
    assert (found.owners.served.tolist(), list(found.owners.route)) == ([True], ["web.request"])


def test_a_span_for_several_calls_and_a_sampled_request_say_so(calls):
    found = calls(root(weight=10.0), db("a", calls=7))
    assert (found.counts.tolist(), found.owners.weight.tolist()) == ([7], [10.0])
