import pytest

from perfkit.plans.mysql.predicates import predicates, sort_columns


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("o.`a` = 1", [("a", "equality", True)]),
        ("`shop`.`o`.`a` = 'x'", [("a", "equality", True)]),
        ("5 < o.a and 1 = o.b", [("a", "range", True), ("b", "equality", True)]),
        ("(o.a between 1 and 5) and o.b <=> 2", [("a", "range", True), ("b", "equality", True)]),
        ("o.a in (1,2)", [("a", "any", True)]),
        ("o.a in (1)", [("a", "equality", True)]),
        ("o.a is null", [("a", "equality", True)]),
        ("o.a = u.b", [("a", "equality", False)]),
        ("o.a >= <cache>((now() - interval 3 day))", [("a", "range", False)]),
        ("o.a = 1 or o.b = 2", []),
        ("(o.a = 1 or o.b = 2) and o.c = 3", [("c", "equality", True)]),
        ("lower(o.a) = 'x'", []),
        ("o.a like 'x%'", []),
        ("o.a = o.b", []),
        ("o.a = (/* select#2 */ select 1)", []),
        ("o.a = 'it's'", [("a", "equality", False)]),
        ("u.a = 1", []),
        ("o.a <> 1", []),
        ("", []),
    ],
)
def test_what_an_index_can_use_is_picked_out(text, found):
    assert [(p.column, p.kind, p.literal) for p in predicates(text, "o")] == found


def test_without_an_alias_nothing_is_known():
    assert predicates("o.a = 1", None) == []
    assert predicates("o.a = 1 and " * 2000 + "o.b = 1", "o") == []


def test_sort_keys_are_columns_with_directions():
    assert sort_columns(["o.a desc", "o.`b`"], "o") == [("a", True), ("b", False)]
    assert sort_columns(["o.a", "lower(o.b)"], "o") == []
    assert sort_columns(["u.a"], "o") == []
