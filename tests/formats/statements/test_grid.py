"""Exported tables of any form give the same rows."""

import csv
import io
import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.formats.statements.grid import read_grid

NAMES = ["query", "calls", "total_ms"]
TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\r\0"), max_size=12)
ROWS = st.lists(st.tuples(TEXT, TEXT, TEXT), max_size=5).map(
    lambda rows: [row for row in rows if any(value.strip() for value in row)]
)


@given(ROWS, st.sampled_from([",", ";"]))
def test_csv_is_read_as_the_standard_library_writes_it(rows, delimiter):
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerows([NAMES, *rows])
    grid = read_grid(out.getvalue())
    assert [tuple(row.values.values()) for row in grid.rows] == rows
    assert grid.records == 1 + len(rows)


@given(ROWS)
def test_json_arrays_and_lines_are_read(rows):
    objects = [dict(zip(NAMES, row, strict=True)) for row in rows]
    lines = "".join(json.dumps(one) + "\n" for one in objects)
    for text in (json.dumps(objects), json.dumps(objects, indent=1), lines):
        assert [row.values for row in read_grid(text).rows] == objects


def test_copy_text_is_unescaped():
    grid = read_grid("query\tcalls\nselect\\n\\t1\\\\\t\\N\n")
    assert grid.rows[0].values == {"query": "select\n\t1\\", "calls": None}


def test_unaligned_texts_go_on_until_all_columns_are_there():
    grid = read_grid("query|calls\nselect 1\n  from t|5\nselect 2|6\n(2 rows)\n")
    assert [row.values for row in grid.rows] == [
        {"query": "select 1\n  from t", "calls": "5"},
        {"query": "select 2", "calls": "6"},
    ]


def test_an_unaligned_text_with_a_bar_in_it_is_rejected():
    grid = read_grid("query|calls\nselect a|b|5\nselect 2|6\n")
    assert [number for number, _, _ in grid.bad] == [2]
    assert len(grid.rows) == 1


def test_what_is_cut_off_is_rejected():
    assert len(read_grid('query,calls\n"a",1\n"sel').bad) == 1
    assert len(read_grid('[{"query":"a","calls":1},{"query":"b').bad) == 1
    assert len(read_grid("query,calls\na,1\nb\n").bad) == 1


@given(st.text(st.sampled_from('ab,;|"\n\t+-\\{}[]: ()'), max_size=80))
def test_any_text_is_read_and_counted(text):
    grid = read_grid(text)
    assert len(grid.rows) + len(grid.bad) <= grid.records
    assert all(1 <= row.number <= grid.records for row in grid.rows)


@pytest.mark.parametrize("filler", ['"', '""', "a|", "+\n", "\\n", "[", "{", ", ", "- "])
def test_long_input_takes_linear_time(filler):
    began = time.process_time()
    for head in (
        "query,calls\n",
        "query\tcalls\n",
        "query|calls\n",
        " query | calls \n---+---\n",
        "[",
    ):
        read_grid(head + filler * 200_000)
    assert time.process_time() - began < 8


def test_half_a_character_does_not_cost_the_table():
    (row,) = read_grid(r'[{"query": "select \ud800", "calls": 1}]').rows
    assert row.values == {"query": "select \ufffd", "calls": 1}
