"""Lines and records of several lines."""

import re

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from perfkit.formats.orm.log_lines import LogLines, cut_before, marked_lines, plain_text


@given(st.binary())
def test_lines_are_those_that_split_finds(data):
    data = data.decode("utf-8", "ignore").encode()
    log = LogLines.of(data)
    plain = data.decode().split("\n")
    assert log.text.to_pylist() == (plain[:-1] if plain[-1] == "" else plain)


@given(st.text("ab \n\x1b[0m", max_size=80))
def test_without_colours_there_are_as_many_lines(text):
    assert LogLines.of(plain_text(text.encode())[0]).count == LogLines.of(text.encode()).count


def test_a_record_goes_on_over_lines_of_sql_and_ends_without_blank_ones():
    log = LogLines.of(b"x: select\n  a\nFROM b\n\nhello\nx: select 2\n\n")
    first = log.matching("^x: ")
    ends = log.ends(first)
    assert log.bodies(first, np.array([3, 3]), ends).to_pylist() == [
        "select\n  a\nFROM b", "select 2",
    ]  # fmt: skip
    assert marked_lines(first, ends, log.count).tolist() == [1, 1, 1, 0, 0, 1, 0]


def test_data_is_cut_at_its_last_mark_or_far_behind_it_at_its_last_line():
    cut = cut_before(re.compile(b"x: "))
    assert cut(b"a\nb\nc") == 0
    assert cut(b"b\n" * 1_000_000 + b"c") == 2_000_000
    assert cut(b"x: a\nb\nx: c\nd") == 7
    assert cut(b"x: a\nb\n") == 0
    assert cut(b"x: a\n" + b"b\n" * 1_000_000) == 2_000_005


def test_latin_1_becomes_utf_8_with_a_note():
    data, notes = plain_text(b"caf\xe9\r\n")
    assert (data.decode(), [note.kind for note in notes]) == ("café\n", ["encoding"])
