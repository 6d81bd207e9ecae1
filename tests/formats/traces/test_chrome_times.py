"""Microseconds of any kind are nanoseconds as decimal arithmetic has them."""

from decimal import ROUND_HALF_EVEN

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.formats.traces.chrome_times import UNKNOWN, exact_ns, is_lossy, nanoseconds, numbers


def of(*values):
    return nanoseconds(numbers(values)).tolist()


def test_fractions_numbers_and_texts():
    assert of(5.1, 500, "200.5", "300", 6556500799.741) == [
        5100, 500_000, 200_500, 300_000, 6556500799741,
    ]  # fmt: skip
    assert of(-1.5, 0) == [-1500, 0]


def test_what_is_no_time_is_unknown():
    assert (
        of(None, "abc", "100a", "", float("nan"), float("inf"), 1e300, 10**400, "nan")
        == [UNKNOWN] * 9
    )
    texts = [b"", b"null", b'"abc"', b"1e999999999", b'"NaN"', b"-Infinity", b"\xff", b"1e16"]
    assert exact_ns(texts).tolist() == [UNKNOWN] * len(texts)


@given(st.integers(0, 4_400_000_000_000_000_000))
def test_nanoseconds_written_as_microseconds_are_exact(ns):
    text = f"{ns // 1000}.{ns % 1000:03d}"
    assert exact_ns([text.encode(), f'"{text}"'.encode()]).tolist() == [ns, ns]
    values = [float(text)]
    if not is_lossy(values, numbers(values)):
        assert nanoseconds(numbers(values)).tolist() == [ns]


@given(st.decimals(min_value=-(10**14), max_value=10**14, places=5))
def test_more_digits_are_rounded(value):
    wanted = int((value * 1000).to_integral_value(ROUND_HALF_EVEN))
    assert exact_ns([str(value).encode()]).tolist() == [wanted]
    values = [float(value)]
    if not is_lossy(values, numbers(values)):
        assert abs(nanoseconds(numbers(values))[0] - wanted) <= 1


def test_whole_numbers_are_never_lossy():
    values = [1694039968933321, 5]
    assert not is_lossy(values, numbers(values))
    assert of(*values) == [1694039968933321000, 5000]
    assert is_lossy([1694039968933321.0], numbers([1694039968933321.0]))
    assert is_lossy(["1694039968933321.125"], numbers(["1694039968933321.125"]))


@pytest.mark.parametrize("text", ["1e3", "1E+3", "1000.0", '"1e3"'])
def test_exponents(text):
    assert exact_ns([text.encode()]).tolist() == [1_000_000]
    assert np.array_equal(exact_ns([]), np.zeros(0, np.int64))
