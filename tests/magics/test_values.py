import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.errors import UsageError
from perfkit.magics.values import filled_request, overrides, sql_names, sql_parameters


def names(sql):
    return set(sql_names(sql))


def test_a_colon_name_takes_its_value_from_the_notebook():
    assert sql_parameters(sql_names("SELECT :a, :b_2"), {"a": 1, "b_2": "x"}, {}) == {
        "a": 1,
        "b_2": "x",
    }


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT '12:30'::date",
        "SELECT a[1:2], a[lo:hi] FROM t",
        "SELECT ':a', \":a\" FROM t",
        "SELECT $x$ :a $x$, $$ :b $$",
        "SELECT 1 -- :a",
        "SELECT 1 /* :a */",
        "SELECT x::int, y :: text",
    ],
)
def test_colons_that_are_no_parameters_are_left_alone(sql):
    assert names(sql) == set()


def test_an_override_wins_over_the_notebook():
    assert sql_parameters(["a"], {"a": 1}, {"a": "2"}) == {"a": "2"}


def test_an_unknown_name_is_an_error_that_names_it():
    with pytest.raises(UsageError, match=":user_id has no value"):
        sql_parameters(["user_id"], {}, {})


def test_overrides_need_an_equals_sign():
    assert overrides(["a=1=2"]) == {"a": "1=2"}
    with pytest.raises(UsageError, match="no '='"):
        overrides(["a"])


def test_values_in_a_url_are_encoded():
    text = filled_request(
        "GET http://127.0.0.1/u/{{name}}?q={{q}}", {"name": "a/b", "q": "x&y=1"}, {}
    )
    assert text == "GET http://127.0.0.1/u/a%2Fb?q=x%26y%3D1"


@given(st.text())
def test_no_value_can_add_a_header_or_a_second_request(value):
    request = "POST http://127.0.0.1/{{v}}\nX-A: 1\n\nbody"
    assert filled_request(request, {"v": value}, {}).count("\n") == request.count("\n")


def test_a_line_break_in_a_header_value_is_refused():
    with pytest.raises(UsageError, match="line break"):
        filled_request("GET http://127.0.0.1/\nX-A: {{v}}", {"v": "1\r\nX-B: 2"}, {})


def test_a_base_url_may_open_the_request_but_nothing_else_may_follow_in_it():
    base = "http://127.0.0.1:8000/api"
    assert filled_request("GET {{base}}/x", {"base": base}, {}) == f"GET {base}/x"
    assert "%20" in filled_request("GET {{base}}/x", {"base": base + " HTTP/1.1"}, {})
    assert "%3A%2F%2F" in filled_request("GET http://127.0.0.1/{{base}}", {"base": base}, {})
