"""CSV with quoted line feeds: checked against Python's csv module."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.formats.lines import cut_csv as cut
from perfkit.formats.traces.flat_csv import header_of, read_lines

CELL = st.text(st.characters(codec="utf-8", exclude_characters="\r\0"), max_size=8)


@given(st.lists(st.lists(CELL, min_size=2, max_size=4), min_size=1, max_size=6))
def test_what_python_writes_is_read(rows):
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    found = list(read_lines(text.getvalue(), ","))
    assert [line.fields for line in found] == rows
    assert sum(line.lines for line in found) == text.getvalue().count("\n")
    number = 1
    for line in found:
        assert line.number == number
        number += line.lines


@given(st.lists(st.lists(CELL, min_size=1, max_size=3), min_size=1, max_size=6), st.integers(0, 99))
def test_pieces_end_between_records(rows, end):
    text = io.StringIO()
    csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows(rows)
    data = text.getvalue().encode()
    at = cut(data[:end])
    assert (
        list(csv.reader(io.StringIO(data[:at].decode(), newline="")))
        == rows[: len(list(read_lines(data[:at].decode(), ",")))]
    )


def test_a_quote_without_an_end_costs_its_line():
    found = list(read_lines('a,"b\n1,2\n3,4\n', ","))
    assert [line.fields for line in found] == [None, ["1", "2"], ["3", "4"]]
    assert [line.number for line in found] == [1, 2, 3]


def test_quotes_within_a_value_stay():
    (line,) = read_lines('a"b,"say "x" now",c\n', ",")
    assert line.fields == ['a"b', 'say "x" now', "c"]


def test_many_quotes_without_an_end_are_passed_over_quickly():
    text = 'a,"b\n' + "1,2\n" * 10 + '"\n' * 200_001
    assert sum(line.lines for line in read_lines(text, ",")) == text.count("\n")


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_the_one_that_divides_the_header(delimiter):
    head = f'\ufeffa{delimiter}"b,x"{delimiter}c\r\n1,2,3,4\n'.encode()
    assert header_of(head) == (["a", "b,x", "c"], delimiter)
