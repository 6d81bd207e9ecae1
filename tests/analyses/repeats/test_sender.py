"""Who sends the calls, what came before them, and what the server worked."""

from __future__ import annotations

import pytest

from perfkit.analyses.repeats.find import repeats
from perfkit.analyses.repeats.from_spans import Tree, calls_of
from perfkit.analyses.repeats.sender import rows_before, sender
from perfkit.analyses.repeats.variants import variant
from perfkit.analyses.repeats.work import work_ms
from perfkit.recording import Note


@pytest.fixture(scope="session")
def looked(table, traces_built):
    def of(write, **options):
        tree = Tree(table("spans", traces_built.several(write, 2, **options)))
        calls = calls_of(tree)
        return repeats(calls), calls, tree

    return of


@pytest.mark.parametrize("style", ["otel", "datadog", "zipkin"])
def test_rows_and_system_are_read_from_the_attributes_of_every_format(looked, traces_built, style):
    def write(trace, n):
        trace.sql(traces_built.ORDERS, rows=12 + n)
        trace.span("render", 1.0)
        for _ in range(12 + n):
            trace.sql(traces_built.ITEM)

    found, calls, tree = looked(write, style=style, language="nodejs")
    assert rows_before(found, calls, tree) == [12.0, 13.0]
    told = sender(found[0], calls, tree)
    assert (told.language, told.system) == ("nodejs", "postgresql")


def test_the_statement_before_a_second_loop_is_that_before_the_first(looked, traces_built):
    def write(trace, n):
        trace.sql(traces_built.ORDERS)
        for name in "ab":
            trace.sql("COMMIT")
            for _ in range(8):
                trace.sql(f"SELECT {name} FROM t WHERE id = $1")

    found, _, _ = looked(write)
    assert {repeat.source for repeat in found} == {
        "select id, total from orders where user_id = ? order by created_at desc"
    }


def test_before_calls_of_a_service_the_call_before_is_named(looked):
    def write(trace, n):
        trace.http("http://search/find?q=x")
        for item in range(8):
            trace.http(f"http://stock/items/{item}")

    found, _, _ = looked(write)
    assert found[0].source == "GET http://search/find?q=*"


def test_a_resolver_above_the_statement_makes_it_graphql(looked, traces_built):
    def write(trace, n):
        for _ in range(8):
            resolver = trace.span("resolve Order.items", 0.0)
            trace.sql(traces_built.ITEM, parent=resolver)

    found, calls, tree = looked(write)
    assert sender(found[0], calls, tree).library == "graphql"


@pytest.mark.parametrize("kind", ["sql", "http"])
def test_only_statements_have_variants(kind):
    from perfkit.analyses.repeats.calls import Target

    one, other = (
        Target(fingerprint=f"select a from tenant_{n}.b") if kind == "sql" else Target(url=f"/a{n}")
        for n in (1, 2)
    )
    assert (variant(one) == variant(other)) is (kind == "sql")


def test_the_server_s_work_is_the_median_of_its_log_unless_that_has_a_threshold(built):
    rows = [
        {"statement": "select 1 from t", "duration_ms": ms, "duration_kind": kind}
        for ms, kind in ((1.0, "server"), (2.0, "server"), (3.0, "server"), (90.0, "client"))
    ]
    rec = built(queries=rows)
    (found,) = work_ms(rec).values()
    assert found == pytest.approx(2.0, abs=0.5)
    limited = type(rec)(contents=rec.contents, quality=(Note(kind="threshold", message="x"),))
    assert work_ms(limited) == {}
