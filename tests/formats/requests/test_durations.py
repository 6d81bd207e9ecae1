import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.formats.requests.durations import inferred_units, to_ms, unit_notes, upstream_ms


def head(*values, key="duration"):
    return b"\n".join(json.dumps({key: value}).encode() for value in values)


@pytest.mark.parametrize(
    ("value", "unit", "ms"),
    [
        (1.5, "s", 1500.0), (2, "ms", 2.0), (2500, "us", 2.5), (3_000_000, "ns", 3.0),
        (0, "s", 0.0), ("1.5", "s", 1500.0), ("12ms", "s", 12.0), ("1m30s", "ms", 90_000.0),
    ],
)  # fmt: skip
def test_a_value_is_read_in_its_unit_and_text_may_name_its_own(value, unit, ms):
    assert to_ms(value, unit) == pytest.approx(ms)


@pytest.mark.parametrize(
    "value",
    [
        -1, -0.5, math.nan, math.inf, -math.inf, True, None, [], {}, "", "soon", "-5ms", "nan",
        10**400, "1e999",
    ],
)  # fmt: skip
def test_what_is_no_duration_is_unknown(value):
    assert to_ms(value, "s") is None


@given(
    st.one_of(st.floats(), st.integers(), st.text(max_size=12)),
    st.sampled_from(["s", "ms", "us", "ns"]),
)
def test_any_value_is_a_finite_duration_or_unknown(value, unit):
    ms = to_ms(value, unit)
    assert ms is None or (math.isfinite(ms) and ms >= 0)


@pytest.mark.parametrize(
    ("values", "unit"),
    [
        ((0.01, 0.2, 0.5), "s"),
        ((12.5, 99.0, 3.0), "ms"),
        ((0, 1, 0), "ms"),  # whole numbers below one are fast requests
        ((0.5, 0.9, 250.0), "s"),  # the median decides
        ((99_999.0,), "ms"),
        ((100_000, 250_000), "us"),
        ((10**8, 3 * 10**8), "ns"),
    ],
)
def test_the_magnitude_tells_the_unit(values, unit):
    assert inferred_units(head(*values)) == {"duration": unit}


@pytest.mark.parametrize(
    "data",
    [
        b"", b"no json", b"[1, 2]", b'{"duration": true}', b'{"duration": "5ms"}', b'{"duration"',
        b'{"duration_ms": 5}', b'{"size": 5}', b"\xff\xfe", b'{"a":' * 5000,
    ],
)  # fmt: skip
def test_keys_that_name_their_unit_and_lines_without_numbers_infer_nothing(data):
    assert inferred_units(data) == {}


def test_every_key_is_judged_by_its_own_values_and_broken_lines_cost_nothing():
    lines = [
        {"duration": 0.1, "http": {"latency": 12.0}},
        {"duration": 0.2, "http": {"latency": 14.0}},
    ]
    data = b"broken {\n" + b"\n".join(json.dumps(line).encode() for line in lines)
    assert inferred_units(data) == {"duration": "s", "http.latency": "ms"}


def test_what_was_inferred_is_said():
    (note,) = unit_notes({"took": "us"})
    assert note.kind == "unit_inferred"
    assert note.message == "'took' names no unit; by its magnitude it was read as microseconds"
    assert unit_notes({}) == []


@pytest.mark.parametrize(
    ("value", "ms"),
    [
        ("0.1, 0.2 : -", 300.0),
        ("0.25", 250.0),
        (0.25, 250.0),
        ("-", None),
        ("", None),
        (None, None),
    ],
)
def test_tries_of_several_servers_are_added_up(value, ms):
    assert upstream_ms(value, "s") == (None if ms is None else pytest.approx(ms))
