"""Datadog's ids: 64 bits in decimal digits, 128 bits in hexadecimal ones."""

from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.formats.model import Parsed
from perfkit.formats.traces.conventions import facts
from perfkit.formats.traces.datadog_ids import (
    Carry,
    combine,
    parent_id,
    span_id,
    trace_id,
    upper_half,
    uses_hex,
)
from perfkit.formats.traces.span_rows import Row, span_tables

UPPER = "67b5e4c300000000"


@given(number=st.integers(0, 2**64 - 1))
def test_64_bits_stay_the_number_that_they_are(number):
    assert trace_id(number) == trace_id(str(number)) == span_id(number) == str(number)


@given(number=st.integers(2**64, 10**20 - 1))
def test_a_number_of_more_bits_is_a_trace_and_no_span_written_or_not(number):
    assert trace_id(number) == trace_id(str(number)) == f"{number:032x}"
    assert span_id(number) is span_id(str(number)) is None


@pytest.mark.parametrize(
    "value", [-1, 2**128, True, 1.0, None, "", [], "12x", "-1", "1.5", "٣", " 1", "0x1f"]
)
def test_what_is_no_id_is_none(value):
    assert trace_id(value) is None
    assert span_id(value) is None


def test_hexadecimal_ids_are_padded_and_in_lower_case():
    assert trace_id("67B5", hexadecimal=True) == "67b5".rjust(32, "0")
    assert span_id("12", hexadecimal=True) == "12".rjust(16, "0")
    assert span_id("1" * 17, hexadecimal=True) is None
    assert trace_id("AB" * 16) == "ab" * 16  # of letters it is never a decimal number


@pytest.mark.parametrize("value", [0, "0", "0000000000000000", None, ""])
def test_nobody_is_no_parent(value):
    assert parent_id(value) is None
    assert parent_id(value, hexadecimal=True) is None


def test_a_parent_is_a_span():
    assert parent_id("10") == span_id("10") == "10"


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b'{"trace_id": "123", "span_id": "7"}', False),
        (b'{"trace_id": 1234567890123456}', False),
        (b'{"span_id": "1234567890123456"}', True),
        (b'{"span_id":"12345678901234567"}', False),
        (b'{"trace_id": "12", "span_id": "a1"}', True),
        (b'{"trace_id": "00000000000000000000000000000012", "span_id": "1234567890123456"}', True),
        (b'{"trace_id": "1234567890123456", "span_id": "98"}', False),
        (b"", False),
    ],
)
def test_a_file_tells_by_its_first_ids(head, expected):
    assert uses_hex(head) is expected


@pytest.mark.parametrize(
    ("tag", "expected"),
    [(UPPER, UPPER), (UPPER.upper(), UPPER), ("0" * 16, None), ("67b5", None), (UPPER + "0", None),
     (7, None), (None, None), ("67b5e4c30000000g", None)],
)  # fmt: skip
def test_an_upper_half_is_16_digits_that_are_not_all_zero(tag, expected):
    assert upper_half(tag) == expected


_spans = count(1)


def part(*traces, upper=None, plain=False):
    row = Row(
        trace_id="", span_id="", parent_id=None, service="s", name="n", kind="server",
        started_ns=1, duration_ns=1, error=None, line=1, facts=facts({}), attributes=b"{}",
    )  # fmt: skip
    rows = [row._replace(trace_id=trace, span_id=str(next(_spans))) for trace in traces]
    built = span_tables(rows)
    carry = Carry(built.request_rows, built.query_rows, {}, upper or {})
    return Parsed(tables=built.tables, lines=len(rows), carry=carry[:2] if plain else carry)


def ids(found, table="spans"):
    return found.tables[table]["trace_id"].to_pylist()


def test_a_half_told_in_one_chunk_completes_the_trace_in_all_tables_of_all_chunks():
    found = combine([part("10", "11"), part("10", upper={"10": UPPER})])
    full = UPPER + f"{10:016x}"
    assert ids(found) == ids(found, "requests") == [full, "11", full]


def test_two_traces_with_one_lower_half_keep_their_number():
    other = UPPER.replace("6", "7")
    assert (
        ids(combine([part("10", upper={"10": UPPER}), part("10", upper={"10": other})]))
        == ["10"] * 2
    )
    assert (
        ids(combine([part("10", upper={"10": ""}), part("10", upper={"10": UPPER})])) == ["10"] * 2
    )


def test_a_half_is_put_in_the_place_of_zeros():
    lower = "00000000000000010000000000000abc"
    assert ids(combine([part(lower, upper={lower: UPPER})])) == [UPPER + lower[16:]]


def test_chunks_of_another_kind_are_left_alone():
    assert ids(combine([part("10", plain=True), part("12", upper={"10": UPPER})])) == ["10", "12"]
    assert combine([]).tables == {}
