"""Redis' commands as instrumentations write them have the shape of its slow log."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.formats.logs import redis_shape
from perfkit.formats.traces.span_redis import pipeline_shape


@pytest.mark.parametrize(
    ("statement", "shape"),
    [
        ("GET user:17", "get user:?"),
        ("get user:17", "get user:?"),
        ("GET ?", "get ?"),
        ("SET k [1 other arguments]", "set k ?"),
        ('SET "user 17" "a b"', redis_shape.shape(["SET", "user 17", "a b"])),
        ("HSET user:1 'na me' x", redis_shape.shape(["HSET", "user:1", "na me", "x"])),
        ("SET user:17 very long val...", "set user:? ?"),
        ("GET user...", "get user"),
        ("PING", "ping"),
        ("GET user:17:", "get user:?"),
        ("GET a:1\nGET a:2\nSET b 1", "get a:?; set b ?"),
        ("GET a:1; GET a:2", "get a:?"),
        ("SET a line\nof text", "set a ?"),  # a line of the value
        ("", None),
        (" \n ", None),
    ],
)
def test_a_statement_has_the_shape_of_its_commands(statement, shape):
    assert pipeline_shape(statement) == shape


def test_commands_of_modules_begin_a_line_too():
    assert pipeline_shape("SET a 1\nJSON.GET doc:1").startswith("set a ?; json.get ")


def test_blank_lines_between_commands_are_no_commands():
    assert pipeline_shape("GET a:1\n \n\n  GET a:2;\nSET b 1\n") == "get a:?; set b ?"


def test_the_number_of_commands_in_a_pipeline_does_not_change_its_shape():
    one = pipeline_shape("\n".join(f"GET user:{n}" for n in range(3)))
    assert one == pipeline_shape("\n".join(f"GET user:{n}" for n in range(5000))) == "get user:?"


@given(
    key=st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=20),
    value=st.integers(),
)
def test_no_value_is_in_a_shape(key, value):
    assert pipeline_shape(f"SET {key} {value}") == redis_shape.shape(["SET", key, str(value)])
    assert str(value) not in (pipeline_shape(f"SET k {value}") or "")


@pytest.mark.parametrize("unit", ['"', "'a", '"\\', "GET\n", ";", "[1 other ", "get ", "\n \n"])
def test_a_hostile_statement_takes_no_time(unit):
    began = time.perf_counter()
    pipeline_shape(unit * (1_000_000 // len(unit)))
    assert time.perf_counter() - began < 5


@given(statement=st.text(max_size=80))
def test_any_text_has_a_shape_or_none(statement):
    found = pipeline_shape(statement)
    assert found is None or found.strip()
