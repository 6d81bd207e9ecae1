"""Documents one a line: when an input is so, and what its lines hold."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.formats.traces.jaeger_lines import is_lines, parse_lines
from perfkit.formats.traces.jaeger_reader import Reader


@pytest.mark.parametrize(
    ("data", "lines"),
    [
        (b'{"a":1}\n{"a":2}\n', True),
        (b"\n\n [1] \r\n{", True),
        (b'{\n"a":1}\n', False),
        (b'{"a":1}', False),  # its line may go on
        (b'{"a":"}\n"}', False),
        (b"[\n]\n", False),
        (b'"a"\n"b"\n', False),
        (b"1\n2\n", False),
        (b"", False),
        (b"\n", False),
        (b'{"a":\xff}\n', False),
        (b"[" * 100_000 + b"]" * 100_000 + b"\n", False),
    ],
)
def test_the_first_line_tells(data, lines):
    assert is_lines(data) is lines


def test_one_line_alone_is_a_document():
    assert is_lines(b'{"a":1}\n')
    assert not is_lines(b'{"a":1}\n \n', alone=True)
    assert is_lines(b'{"a":1}\n{', alone=True)


def test_lines_without_spans_are_irrelevant_and_the_last_needs_no_end():
    for data, lines in ((b"\n{}\n\n", 3), (b"{}", 1), (b"", 0), (b"{}\r\n{}", 2)):
        found = parse_lines(data, Reader(), lambda reader, line, number: None)
        assert (found.lines, found.irrelevant, found.used) == (lines, lines, 0)


def test_every_line_comes_with_its_number_and_blank_ones_are_passed_over():
    seen = []
    parse_lines(b"a\n\n \nb\nc", Reader(), lambda reader, line, number: seen.append((number, line)))
    assert seen == [(1, b"a"), (4, b"b"), (5, b"c")]


def test_a_line_that_is_rejected_is_neither_used_nor_irrelevant():
    found = parse_lines(
        b"a\nb\n", Reader(), lambda reader, line, number: reader.reject("odd", line, number)
    )
    assert (found.lines, found.irrelevant, found.rejected_lines, found.used) == (2, 0, 2, 0)
    assert [(bad.line, bad.reason) for bad in found.rejected] == [(1, "odd"), (2, "odd")]


def test_bytes_that_are_no_utf8_are_told():
    found = parse_lines(b'{"a":"\xe9"}\n', Reader(), lambda reader, line, number: None)
    assert [note.kind for note in found.notes] == ["encoding"]


@given(lines=st.lists(st.sampled_from([b"", b" ", b"{}", b"[]", b"x"]), max_size=8))
def test_all_lines_are_accounted_for(lines):
    data = b"\n".join(lines) + b"\n"
    found = parse_lines(
        data, Reader(), lambda reader, line, number: reader.reject("r", line, number)
    )
    assert found.lines == data.count(b"\n")
    assert found.rejected_lines == sum(bool(line.strip()) for line in lines)
    assert found.used + found.irrelevant + found.rejected_lines == found.lines
