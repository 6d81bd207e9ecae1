"""Who sends the calls, and how many rows came before them."""

from __future__ import annotations

import pytest

from perfkit.analyses.repeats.find import repeats
from perfkit.analyses.repeats.from_spans import Tree, calls_of
from perfkit.analyses.repeats.sender import rows_before, sender


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


def test_a_resolver_above_the_statement_makes_it_graphql(looked, traces_built):
    def write(trace, n):
        for _ in range(8):
            resolver = trace.span("resolve Order.items", 0.0)
            trace.sql(traces_built.ITEM, parent=resolver)

    found, calls, tree = looked(write)
    assert sender(found[0], calls, tree).library == "graphql"
