"""Numbers of milliseconds are what Python reads, whatever stands around them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.formats.logs.pg_durations import milliseconds

NUMBERS = st.one_of(
    st.floats(0, 1e12 - 1, allow_nan=False).map("{:.3f}".format),
    st.integers(0, 10**12 - 1).map(str),
    st.decimals(0, 10**9, places=2).map(str),
)


def read(records, texts):
    found = records(*(f"duration: {text}" for text in texts))
    at = found.text + len("duration: ")
    ms, width, simple = milliseconds(found, at, found.end)
    assert (ms[width == 0] == 0).all()
    return [
        (float(number) if size else None, bool(flag))
        for number, size, flag in zip(ms, width, simple, strict=True)
    ]


@given(numbers=st.lists(NUMBERS, min_size=1, max_size=20))
def test_any_number_of_digits_and_decimals_is_read_exactly(records, numbers):
    texts = [f"{number} ms  statement: select 1" for number in numbers]
    assert [ms for ms, _ in read(records, texts)] == [float(number) for number in numbers]


@given(
    number=st.text("0123456789.-ex", max_size=16),
    behind=st.sampled_from([" ms", " ms  statement:", "ms", " m", ""]),
)
def test_what_is_no_number_is_none(records, number, behind):
    whole, point, part = number.partition(".")
    digits = whole.isdigit() and len(whole) <= 12 and (part.isdigit() if point else not part)
    wanted = float(number) if digits and behind.startswith(" ms") else None
    assert read(records, [number + behind])[0][0] == wanted


@pytest.mark.parametrize(
    ("text", "simple"),
    [
        ("0.123 ms  statement: select 1", True),
        ("123456789012.123 ms  statement:", True),
        ("0.123 ms  plan:", False),
        ("0.123 ms", False),
        ("0.123 ms  statement", False),
        ("0.123 ms ", False),
    ],
)
def test_a_simple_statement_is_known_by_the_word_behind_its_number(records, text, simple):
    assert read(records, [text, text]) == [(float(text.split()[0]), simple)] * 2


def test_a_number_cut_off_at_the_end_of_the_log_is_read_as_far_as_it_goes(records):
    found = records("duration: 0.123 ms  statement: select 1")
    at = found.text + len("duration: ")
    for length in range(30):
        ms, width, simple = milliseconds(found, at, np.minimum(at + length, found.end))
        assert (ms[0], bool(width[0])) == ((0.123, True) if length >= 8 else (0.0, False))
        assert bool(simple[0]) == (length >= len("0.123 ms  statement:"))
