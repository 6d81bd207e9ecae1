"""Numbers, beside Python's exact arithmetic."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.formats.requests.access.numbers import decimals, integers

DIGITS = st.text("0123456789", min_size=1, max_size=16)
WORDS = st.text("0123456789.-x ", max_size=20)
DECIMALS = st.builds(
    "{}.{}".format,
    st.text("0123456789", min_size=1, max_size=7),
    st.text("0123456789", min_size=1, max_size=6),
)


@given(st.lists(DIGITS | WORDS, min_size=1))
def test_integers_are_exact_and_others_are_none(column, values):
    found = integers(*column([value.encode() for value in values]))
    for value, number, valid in zip(values, found.value, found.valid, strict=True):
        assert valid == (value.isdigit() and len(value) <= 16)
        assert not valid or number == int(value)


@pytest.mark.parametrize("scale", [-3, 0, 3])
@given(st.lists(DECIMALS | DIGITS.filter(lambda digits: len(digits) < 16), min_size=1))
def test_decimals_are_the_nearest_float(column, scale, values):
    found = decimals(*column([value.encode() for value in values]), scale)
    assert found.valid.all()
    expected = [float(Fraction(value) * Fraction(10) ** scale) for value in values]
    assert found.value.tolist() == pytest.approx(expected, rel=1e-15)


def test_milliseconds_of_nginx_are_exact(column):
    values = [f"{ms / 1000:.3f}" for ms in range(0, 4000, 7)]
    found = decimals(*column([value.encode() for value in values]), 3)
    assert found.value.tolist() == list(range(0, 4000, 7))


@given(st.lists(WORDS.filter(lambda word: not word.replace(".", "", 1).isdigit()), min_size=1))
def test_what_is_no_decimal_is_none(column, values):
    assert not decimals(*column([value.encode() for value in values])).valid.any()


def test_half_a_number_is_none(column):
    found = decimals(*column([b"1.", b".5", b"1.2.3", b"", b"-1.5", b"7"]))
    assert found.valid.tolist() == [False, False, False, False, False, True]


def test_a_number_may_be_the_first_bytes_of_all(column):
    text, begin, end = column([b"17"], before=b"")
    assert integers(text, begin, end).value.tolist() == [17]
    assert decimals(text, begin, end, 3).value.tolist() == [17000.0]
