import pytest

from perfkit.plans.candidates.selectivity import combined, distinct, share
from perfkit.plans.conditions import conditions
from perfkit.plans.facts import ColumnFacts, TableFacts


def table(**column):
    known = ColumnFacts(**{"name": "a", "type": "integer"} | column)
    return TableFacts(schema="s", name="t", rows=1000.0, columns={"a": known})


def kept(text, **column):
    (predicate,) = conditions(text).predicates
    return share(predicate, table(**column))


COMMON = {"common": ("1", "2"), "shares": (0.5, 0.2), "distinct": 12.0, "null_share": 0.1}


@pytest.mark.parametrize(
    ("text", "column", "expected"),
    [
        ("(a = 1)", COMMON, 0.5),
        ("(a = '1'::bigint)", COMMON, 0.5),
        ("(a = 1.0)", COMMON, 0.5),
        ("(a = 7)", COMMON, 0.2 / 10),
        ("(a = $1)", COMMON, 0.9 / 12),
        ("(a = o.b)", COMMON, None),
        ("(a IS NULL)", COMMON, 0.1),
        ("(a IS NOT NULL)", COMMON, 0.9),
        ("(a = ANY ('{1,2}'::integer[]))", COMMON, 0.7),
        ("(a = ANY ('{1,7}'::integer[]))", COMMON, 0.52),
        ("(a = ANY ($1))", COMMON, 0.75),
        ("(a = 7)", {"common": ("1",), "shares": (1.0,), "distinct": 1.0}, 0.001),
        ("(a = 7)", {"distinct": -1.0}, 0.001),
        ("(a = 7)", {}, None),
        ("(a > 7)", {}, None),
        ("(a > 25)", {"bounds": tuple(map(str, range(101)))}, 0.75),
        ("(a <= 25)", {"bounds": tuple(map(str, range(101)))}, 0.25),
        ("(25 > a)", {"bounds": tuple(map(str, range(101)))}, 0.25),
        ("(a > $1)", {"bounds": ("1", "2", "3")}, None),
        ("(a > 'x'::text)", {"type": "text", "bounds": ("a", "b", "c")}, None),
    ],
)  # fmt: skip
def test_shares_are_those_of_the_statistics(text, column, expected):
    if "o.b" in text:
        (predicate,) = conditions(text, "a_table").predicates or (None,)
        found = predicate and share(predicate, TableFacts(schema="s", name="t"))
    else:
        found = kept(text, **column)
    assert found == (None if expected is None else pytest.approx(expected))


def test_dates_are_compared_as_they_are_printed():
    bounds = tuple(f"2025-{month:02}-01 00:00:00+00" for month in range(1, 13))
    column = {"type": "timestamp with time zone", "bounds": bounds}
    text = "(a >= '2025-10-01 00:00:00+00'::timestamp with time zone)"
    assert kept(text, **column) == pytest.approx(2.5 / 11)


def test_a_boolean_is_one_of_its_common_values():
    column = {"type": "boolean", "common": ("f", "t"), "shares": (0.98, 0.02), "distinct": 2.0}
    assert kept("a", **column) == 0.02
    assert kept("(NOT a)", **column) == 0.98


def test_both_ends_of_a_range_keep_what_lies_between():
    found = conditions("((a > 25) AND (a < 75))").predicates
    known = table(bounds=tuple(map(str, range(101))))
    assert combined(found, known) == pytest.approx(0.5, abs=0.02)


def test_one_unknown_part_makes_the_whole_unknown():
    found = conditions("((a = 1) AND (b = 2))").predicates
    assert combined(found, table(**COMMON)) is None
    assert combined(found, None) is None


@pytest.mark.parametrize(
    ("n", "rows", "expected"),
    [(5.0, 10.0, 5.0), (-0.5, 10.0, 5.0), (-0.5, None, None), (None, 10.0, None)],
)
def test_distinct_values_may_be_a_share_of_the_rows(n, rows, expected):
    assert distinct(ColumnFacts(name="a", type="int", distinct=n), rows) == expected
    assert distinct(None, rows) is None


WHERE = [
    "user_id = 42", "status = 'pending'", "status in ('pending', 'paid')", "shipped_on is null",
    "total < 20000", "total between 500 and 600", "created_at >= '2024-03-01'", "status = 'none'",
    "user_id = 42 and status = 'pending'",
]  # fmt: skip


@pytest.mark.parametrize("where", WHERE)
def test_the_planner_expects_about_the_same(advised, where):
    plan, facts, _ = advised(f"select * from orders where {where}", analyze=False)
    (scan,) = (node for node in plan.tree if node.relation)
    found = conditions(scan.text("Filter"), scan.text("Alias")).predicates
    mine = combined(found, facts.of(scan)) * 120_000
    planned = scan.number("Plan Rows") * (2 if scan.properties["Parallel Aware"] else 1)
    assert 0.5 * planned <= max(mine, 1.0) <= 2 * planned
