import pytest

from perfkit.plans.read import read_plan
from perfkit.tasks.proofs.sample_keys import Column, Fixed, fixed_values, joined_columns


def scan(table, alias, **properties):
    return {"Node Type": "Seq Scan", "Schema": "s", "Relation Name": table, "Alias": alias,
            **properties}  # fmt: skip


def joined(condition, *scans):
    return read_plan([{"Plan": {"Node Type": "Hash Join", "Hash Cond": condition,
                                "Plans": list(scans)}}])  # fmt: skip


ORDERS, USERS = scan("orders", "o"), scan("users", "u")


@pytest.mark.parametrize(
    ("condition", "others"),
    [
        ("(o.user_id = u.id)", {"id"}),
        ("(u.id = o.user_id)", {"id"}),
        ("((o.user_id)::bigint = u.id)", {"id"}),
        ("((o.total = u.age) AND (o.user_id = u.id))", {"id"}),
        ('((o.user_id = u."ID x") AND (u."ID x" = u.other))', {"ID x", "other"}),
        ("(o.user_id > u.id)", set()),
        ("(o.user_id = (u.id + 1))", {"id"}),  # seen as equal: copies more, never less
        ("(o.user_id = x.id)", set()),
        ("", set()),
    ],
)
def test_columns_that_the_plan_sets_equal(condition, others):
    found = joined_columns(joined(condition, ORDERS, USERS), Column("s", "orders", "user_id"))
    assert found == {Column("s", "orders", "user_id")} | {
        Column("s", "users", name) for name in others
    }


def test_equality_goes_over_several_tables():
    plan = joined("(a.x = b.y)", scan("ta", "a"), scan("tb", "b"),
                  scan("tc", "c", Filter="(c.z = b.y)"))  # fmt: skip
    assert {c.table for c in joined_columns(plan, Column("s", "ta", "x"))} == {"ta", "tb", "tc"}


@pytest.mark.parametrize(
    ("condition", "value"),
    [
        ("(o.user_id = 42)", "42"),
        ("(o.user_id = '42'::bigint)", "42"),
        ("((o.user_id)::text = 'it''s'::text)", "it's"),
        ("(o.user_id = $1)", None),
        ("(o.user_id > 42)", None),
        ("(o.user_id = (1 + 2))", None),
        ("(o.user_id IS NULL)", None),
    ],
)
def test_values_that_the_example_compares_with(condition, value):
    plan = read_plan([{"Plan": scan("orders", "o", Filter=condition)}])
    wanted = [] if value is None else [Fixed(Column("s", "orders", "user_id"), value)]
    assert fixed_values(plan) == wanted
