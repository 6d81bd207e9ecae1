from perfkit.plans.mysql.names import access_name, join_type, list_of, number, sort_keys


def test_numbers_may_be_texts_and_nothing_else():
    assert number("2.50") == 2.5
    assert number(3) == 3.0
    assert [number(value) for value in (None, "x", True, [], "inf", float("nan"))][:5] == [None] * 5


def test_sort_keys_are_cut_outside_brackets_and_quotes():
    assert sort_keys("a, f(b, c) desc, concat(d,'x,)'), `e,f`") == [
        "a", "f(b, c) desc", "concat(d,'x,)')", "`e,f`",
    ]  # fmt: skip
    assert sort_keys("") == []


def test_names_of_accesses_and_joins():
    assert access_name(None) == "Table Access"
    assert access_name("system") == "Constant Row"
    assert [join_type(text) for text in ("left join", "Antijoin", "semijoin", "?")] == [
        "Left", "Anti", "Semi", "Inner",
    ]  # fmt: skip
    assert list_of([1]) == [1]
    assert list_of(1) == [1]
