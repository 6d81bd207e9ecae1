import pytest

from perfkit.plans.conditions import conditions


def read(text, alias=None):
    return [(p.column, p.kind, p.operator) for p in conditions(text, alias).predicates]


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("lower(note) = 'a'", [("lower(note)", "equality", "=")]),
        ("lower(status) = 'a'", [("lower((status)::text)", "equality", "=")]),
        ("(created_at at time zone 'UTC')::date = '2025-01-01'",
         [("((created_at AT TIME ZONE 'UTC'::text))::date", "equality", "=")]),
        ("extract(year from created_at) = 2025",
         [("EXTRACT(year FROM created_at)", "equality", "=")]),
        ("coalesce(note, '') > 'x'", [("COALESCE(note, ''::text)", "range", ">")]),
        ("to_jsonb(o) ->> 'k' = 'v'", []),
        ("note like '%x'", [("note", "pattern", "~~")]),
        ("status ilike 'x%'", [("status", "pattern", "~~*")]),
        ("note ~ '^x'", [("note", "pattern", "~")]),
        ("note not like 'x%'", []),
        ("note is not null", [("note", "not_null", "IS NOT")]),
        ("string_to_array(note, ',') @> array['a']",
         [("string_to_array(note, ','::text)", "contains", "@>")]),
        ("array['a'] <@ string_to_array(note, ',')",
         [("string_to_array(note, ','::text)", "contains", "@>")]),
        ("to_tsvector('english', note) @@ to_tsquery('english', 'x')",
         [("to_tsvector('english'::regconfig, note)", "contains", "@@")]),
        ("total = 1 or total = 2 or total in (3, 4)", [("total", "any", "=")]),
        ("total is distinct from 3", []),
        ("case when total = 1 then true end", []),
        ("total = user_id", []),
        ("total = (select max(id) from users u where u.id = o.user_id)", []),
        ("total + 1 = 5", [("total + 1", "equality", "=")]),
        ("(total, id) = (1, 2)", [("total", "equality", "="), ("id", "equality", "=")]),
    ],
)  # fmt: skip
def test_what_a_real_plan_prints(plan_of, where, expected):
    plan = plan_of(f"select * from orders o where {where}", "enable_indexscan = off",
                   "enable_bitmapscan = off")  # fmt: skip
    scan = next(node for node in plan.tree if node.relation == "orders")
    assert sorted(read(scan.text("Filter"), scan.text("Alias"))) == sorted(expected)


def test_a_row_comparison_is_a_range_in_the_order_of_its_columns(plan_of):
    plan = plan_of("select * from orders where (created_at, id) < ('2025-01-02', 5)",
                   "enable_indexscan = off")  # fmt: skip
    (found,) = conditions(plan.root.text("Filter"), "orders").predicates
    assert (found.column, found.kind, found.operator) == ("created_at", "range", "<")
    assert found.row == ("created_at", "id")


def test_alternatives_keep_their_branches_together():
    found = conditions("(((a = 1) AND (b > 2)) OR (c = 3)) AND (d = 4)")
    assert [[p.column for p in branch] for branch in found.alternatives[0]] == [["a", "b"], ["c"]]
    assert [p.column for p in found.predicates] == ["d"]


def test_an_alternative_that_cannot_be_read_counts_as_unread():
    found = conditions("((a = 1) OR (random() < 0.5)) AND (b <> 2) AND (c = 3)")
    assert (found.alternatives, found.unread, len(found.predicates)) == ((), 2, 1)


@pytest.mark.parametrize(
    ("text", "source", "tables", "literals"),
    [
        ("(a = 42)", "constant", set(), ("42",)),
        ("(a = '-5'::integer)", "constant", set(), ("-5",)),
        ("(a = 'it''s'::text)", "constant", set(), ("it's",)),
        ("(a = true)", "constant", set(), ("t",)),
        ("(a = ANY ('{1,2}'::integer[]))", "constant", set(), ("1", "2")),
        ("(a = '{1,2}'::integer[])", "constant", set(), ("{1,2}",)),
        ("(a = $1)", "parameter", set(), ()),
        ("(a > (now() - '1 day'::interval))", "stable", set(), ("1 day",)),
        ("(a = CURRENT_DATE)", "stable", set(), ()),
        ("(a = (InitPlan 1).col1)", "stable", set(), ("1",)),
        ("(t.a = u.id)", "column", {"u"}, ()),
        ("(t.a = (u.id + $1))", "column", {"u"}, ()),
        ("(t.user_id = (min(u.id)))", "column", {"u"}, ()),
        ("(t.n = (count(*)))", "column", set(), ()),
    ],
)  # fmt: skip
def test_where_a_value_comes_from(text, source, tables, literals):
    (found,) = conditions(text, "t").predicates
    assert (found.source, set(found.tables), found.literals) == (source, tables, literals)


def test_an_expression_names_its_columns_and_functions():
    (found,) = conditions("(lower(concat(t.\"A b\", t.c)) = 'x'::text)", "t").predicates
    assert found.column == 'lower(concat("A b", c))'
    assert (found.columns, found.functions) == (("A b", "c"), {"lower", "concat"})


@pytest.mark.parametrize(
    "text",
    ["(f(t.a, u.b) = 1)", "(f(t.a, $1) = 1)", "(f(1) = 1)", '((t.a COLLATE "C") = 1)',
     "((SubPlan 1) = 1)", "(f(t.a, (SubPlan 1)) = 1)"],
)  # fmt: skip
def test_what_no_index_can_hold_is_no_expression(text):
    assert read(text, "t") == []


def test_conditions_too_long_to_matter_are_left_alone():
    assert conditions("(a = 1) AND " * 5000 + "(a = 1)").predicates == ()


def test_words_that_are_not_reserved_may_be_columns():
    assert read("((at > $1) AND (zone = 5) AND (a = at) AND ((at)::date = $2))") == [
        ("at", "range", ">"),
        ("zone", "equality", "="),
        ("(at)::date", "equality", "="),
    ]
    assert read("((at AT TIME ZONE 'UTC'::text) > $1)") == [
        ("at AT TIME ZONE 'UTC'::text", "range", ">")
    ]
