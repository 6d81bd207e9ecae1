"""Columns of locust's CSV, whatever version wrote it."""

from perfkit.formats.load_tests.locust_csv import Row, columns, read
from perfkit.formats.model import Chunk


def test_columns_are_compared_in_lower_case_and_as_later_versions_call_them():
    assert columns(b'"Method","# requests","# failures"\n') == [
        "type",
        "request count",
        "failure count",
    ]
    assert columns(b"") == []
    assert columns(b"a;b;c\n") == []


def test_a_value_that_is_not_available_is_none():
    row = Row(1, b"", {"a": "N/A", "b": " ", "c": " 5 "})
    assert [row.get(name) for name in "abcd"] == [None, None, "5", None]


def test_records_are_numbered_by_their_first_line_whatever_ends_it():
    data = b'A,B\r\n1,"x\r\ny"\r\n\r\n2,z\r\n3\r\n'
    found = read(Chunk.whole(data))
    assert [(row.line, row.values["b"]) for row in found.rows] == [(2, "x\ny"), (5, "z")]
    assert (found.lines, found.irrelevant, found.rejected_lines) == (6, 2, 1)
