"""Values that Python, Ruby and JavaScript printed are read, never evaluated."""

import json
import pprint
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.plans.reading.literals import printed_values

LINES = [
    "Seq Scan on t  (cost=0.00..1.00 rows=1 width=4)",
    "  Filter: ((a)::text = 'it''s \"x\" \\ é'::text)",
]
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=9,
)


@given(VALUES)
def test_what_python_prints_is_read_as_it_was(value):
    given_to = ["(cost=", value]
    assert printed_values(repr(given_to)) == [given_to]


def test_rows_of_every_driver_are_the_same():
    rows = [(line,) for line in LINES]
    expected = [[[line] for line in LINES]]
    assert printed_values(repr(rows)) == expected
    assert printed_values(pprint.pformat([(line * 9,) for line in LINES])) == [
        [[line * 9] for line in LINES]
    ]
    assert printed_values("\n".join(map(repr, rows))) == expected[0]
    assert printed_values("=> " + json.dumps(rows)) == expected
    named = [{"QUERY PLAN": line} for line in LINES]
    assert printed_values(json.dumps(named).replace('": ', '"=>')) == [named]
    shown = ",\n".join(f"  {{ 'QUERY PLAN': {line!r} }}" for line in LINES)
    assert printed_values(f"[\n{shown}\n]") == [named]
    real = ", ".join(f"RealDictRow([('QUERY PLAN', {line!r})])" for line in LINES)
    assert printed_values(f"[{real}]") == [[[[["QUERY PLAN", line]]] for line in LINES]]


@pytest.mark.parametrize(
    "text",
    [
        "", "Limit  (cost=0)", "[", "['(cost=']]", "['(cost=' + f()]", "['a']", "['(cost=",
        "['(cost=', x.y.z()]; import os", '"Limit (cost=1"\n"  ->  Sort"', '"a ""b"" (cost="',
        "[1e5e5, '(cost=']", "{'(cost=': }", "[,'(cost=']",
    ],
)  # fmt: skip
def test_what_is_no_printed_value_is_left_to_others(text):
    assert printed_values(text) is None


@pytest.mark.parametrize("sign", ["[", "(", "[],", "'a',", "\\", "1.", "a(", "{'a':", "'a'", '"'])
def test_time_grows_with_the_text(sign):
    began = time.perf_counter()
    printed_values("['(cost='," + sign * 100_000)
    assert time.perf_counter() - began < 3
