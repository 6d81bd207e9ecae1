import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.plans.conditions import SortKey, predicates, sort_keys


def found(text, alias=None):
    return [(p.column, p.kind) for p in predicates(text, alias)]


@pytest.mark.parametrize(
    ("where", "columns"),
    [
        ("user_id = 42 and status = 'pending'", [("user_id", "equality"), ("status", "equality")]),
        ("note is null and total > 5", [("note", "equality"), ("total", "range")]),
        ("total between 5 and 9", [("total", "range"), ("total", "range")]),
        ("5 < total", [("total", "range")]),
        ("created_at >= now() - interval '1 day'", [("created_at", "range")]),
        ("created_at < current_date", [("created_at", "range")]),
        ("status in ('a', 'b')", [("status", "any")]),
        ("user_id = any('{7}')", [("user_id", "equality")]),
        ("user_id = (select max(id) from users)", [("user_id", "equality")]),
        ("user_id = 1 and (status = 'a' or total = 1)", [("user_id", "equality")]),
        ("user_id = 1 or status = 'a'", []),
        ("lower(status) = 'a'", []),
        ("total + 1 = 5", []),
        ("total = user_id", []),
        ("total > random()", []),
        ("note like 'x%'", []),
        ("user_id <> 1", []),
        ("note is not null", []),
        ("created_at::date = '2025-01-01'", []),
        ("not (user_id = 1)", []),
        ("user_id in (select id from users where name like '%1')", []),
        ("user_id <> all('{1,2}')", []),
        ("(user_id, total) > (1, 2)", []),
        ("note = 'it''s) AND (user_id = 1'", [("note", "equality")]),
    ],
)
def test_conditions_that_a_real_plan_prints(plan_of, where, columns):
    plan = plan_of(f"select * from orders o where {where}", "enable_indexscan = off")
    scan = next(node for node in plan.tree if node.relation == "orders")
    assert found(scan.text("Filter"), scan.text("Alias")) == columns


def test_a_comparison_under_another_collation_is_left_out():
    assert found("((name COLLATE \"C\") = 'a'::text)") == []
    assert found("(name = ('a'::text COLLATE \"C\"))") == []


def test_a_column_of_another_table_is_a_value_for_the_scan(plan_of):
    plan = plan_of(
        "select (select count(*) from orders o where o.user_id = u.id) from users u limit 2"
    )
    scan = next(node for node in plan.tree if node.relation == "orders")
    assert found(scan.text("Filter"), "o") == [("user_id", "equality")]
    assert found(scan.text("Filter"), "u") == [("id", "equality")]


def test_a_cast_to_text_is_told_since_numbers_compared_as_text_have_no_index():
    (predicate,) = predicates("((status)::text = 'pending'::text)")
    assert (predicate.column, predicate.cast) == ("status", "text")


def test_names_come_without_their_quotes():
    assert found('(("Weird ""name" = 1) AND (b."Order" > \'x\'::"Mood"))', "b") == [
        ('Weird "name', "equality"),
        ("Order", "range"),
    ]


def test_sort_keys_keep_direction_and_place_of_nulls():
    assert sort_keys(["o.created_at DESC", "id NULLS FIRST", '"desc"'], "o") == [
        SortKey(column="created_at", descending=True, nulls_first=True),
        SortKey(column="id", nulls_first=True),
        SortKey(column="desc"),
    ]


@pytest.mark.parametrize(
    ("key", "collation", "down"),
    [('o.name COLLATE "C"', '"C"', False), ("o.name COLLATE ci DESC NULLS LAST", "ci", True)],
)
def test_a_sort_by_another_collation_keeps_it(key, collation, down):
    (found,) = sort_keys([key], "o")
    assert (found.column, found.collation, found.descending) == ("name", collation, down)
    assert not found.nulls_first


@pytest.mark.parametrize("key", ["lower(name)", "u.name", "((a + b))", ""])
def test_a_sort_by_anything_but_columns_of_the_table_has_no_order(key):
    assert sort_keys(["o.id", key], "o") == []


PIECES = st.sampled_from(
    ["(", ")", " AND ", " OR ", "a", "o.b", "=", "<", "'x'", "::text", "NOT ", "$1", "NULL", " IS ",
     "ANY ", "[", ",", "InitPlan 1", ".col1", "now()", '"']
)  # fmt: skip


@given(st.lists(PIECES, max_size=30).map("".join) | st.text(max_size=30))
def test_any_text_is_read_without_failing(text):
    for predicate in predicates(text, "o"):
        assert predicate.kind in {"equality", "any", "range"}
    sort_keys([text])


def test_deep_nesting_is_read_without_recursion():
    depth = 5000
    assert found("(" * depth + "a = 1" + ")" * depth) == [("a", "equality")]
