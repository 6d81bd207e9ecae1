"""Orders by distance: what a GiST index serves, and what it does not."""

import pytest

from perfkit.plans.candidates import candidates
from perfkit.plans.facts import ColumnFacts, Facts, TableFacts
from perfkit.plans.read import read_plan

TYPES = {"place": "point", "area": "box", "name": "text", "words": "tsvector", "n": "integer"}
COLUMNS = {name: ColumnFacts(name=name, type=kind) for name, kind in TYPES.items()}
TABLE = TableFacts(schema="public", name="t", rows=100_000.0, pages=3000, columns=COLUMNS)
FACTS = Facts(tables={("public", "t"): TABLE})
PLAN = """
Limit  (cost=1.0..2.0 rows=5 width=8)
  ->  Sort  (cost=1.0..2.0 rows=100000 width=8)
        Sort Key: {key}
        ->  Seq Scan on public.t  (cost=0.00..5000.00 rows=100000 width=8)
"""


def proposed(key, plan=PLAN):
    return [one.body for one in candidates(read_plan(plan.format(key=key)), FACTS)]


@pytest.mark.parametrize(
    ("key", "body"),
    [
        ("((t.place <-> '(5,5)'::point))", "USING gist (place)"),
        ("(('(5,5)'::point <-> t.place))", "USING gist (place)"),
        ("((place <-> $1))", "USING gist (place)"),
        ("((t.area <-> '(5,5)'::point))", "USING gist (area)"),
        ("((t.name <-> 'bergen'::text))", "USING gist (name gist_trgm_ops)"),
    ],
)
def test_the_nearest_rows_are_read_in_order(key, body):
    assert proposed(key) == [body]


@pytest.mark.parametrize(
    "key",
    [
        "((t.place <-> '(5,5)'::point)) DESC",
        "((t.place <-> t.other))",
        "((t.words <-> 'a'::tsquery))",
        "((t.n <-> 5))",
        "((other.place <-> '(5,5)'::point))",
        "(((t.place <-> '(5,5)'::point) + '1'::double precision))",
        "((t.place <-> '(5,5)'::point)), t.n",
        "(t.place <->",
    ],
)
def test_other_orders_are_not(key):
    assert proposed(key) == []


def test_without_a_limit_everything_is_read_anyway():
    lines = PLAN.strip().splitlines()[1:]
    assert proposed("((t.place <-> '(5,5)'::point))", "\n".join(lines)) == []


def test_the_extension_comes_first():
    (one,) = candidates(read_plan(PLAN.format(key="((t.name <-> 'bergen'::text))")), FACTS)
    assert one.extension == "pg_trgm"
