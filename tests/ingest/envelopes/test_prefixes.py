"""What stands before each line, taken off."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perfkit.formats.model import KEPT_PER_REASON
from perfkit.ingest.envelopes.model import NO_TIME
from perfkit.ingest.envelopes.prefixes import (
    Prefixed,
    matching_lines,
    rejected,
    share_of_lines,
    stamped,
    taken_off,
)
from perfkit.ingest.envelopes.text import read_lines

AT = 1_795_258_800 * 10**9  # 2026-11-21T11:00:00Z
_PASSING = re.compile(rb"status: ")


def _taken(data: bytes):
    """Take ``a|`` and ``b|`` off."""
    lines = read_lines(data)
    names = {b"a|": 0, b"b|": 1}
    code = np.array([names.get(lines.text(row)[:2], 2) for row in range(len(lines))], np.int64)
    content = lines.start + np.where(code < 2, 2, 0)
    return taken_off(lines, Prefixed(content, code, ["a", "b", None]), _PASSING, "no prefix")


def _stamp(text: bytes):
    lines = read_lines(text)
    content, at = stamped(lines, lines.start)
    return text[content[0] : lines.end[0]], at[0]


def test_lines_go_to_their_stream_pass_or_are_rejected_with_their_number():
    found = _taken(b"a|one\nstatus: up\nb|two\nwrong\n\n  \na|\n")
    assert {piece.stream: (piece.data, piece.line.tolist()) for piece in found.pieces} == {
        "a": (b"one\n\n", [1, 7]),
        "b": (b"two\n", [3]),
    }
    assert [(bad.line, bad.text) for bad in found.rejected] == [(4, "wrong")]
    assert (found.rejected_lines, found.irrelevant, found.lines) == (1, 3, 7)


@settings(max_examples=60, deadline=None)
@given(
    lines=st.lists(
        st.sampled_from(["a|x", "b|", "status: y", "wrong", "", " \r", "a"]), max_size=20
    )
)
def test_all_lines_are_accounted_for(lines):
    found = _taken("".join(line + "\n" for line in lines).encode())
    used = sum(len(piece.line) for piece in found.pieces)
    assert used == sum(line[1:2] == "|" for line in lines)
    assert found.rejected_lines == sum(line in {"wrong", "a"} for line in lines)
    assert used + found.irrelevant + found.rejected_lines == found.lines == len(lines)


def test_of_many_rejected_lines_the_first_are_kept_and_all_are_counted():
    lines = read_lines(b"x\n" * (KEPT_PER_REASON + 7) + b"\n")
    bad, blank = rejected(lines, np.ones(len(lines), np.bool_), "why")
    assert (len(bad.kept), bad.total, blank) == (KEPT_PER_REASON, KEPT_PER_REASON + 7, 1)
    assert (bad.kept[-1].line, bad.kept[-1].reason) == (KEPT_PER_REASON, "why")


@pytest.mark.parametrize(
    ("zone", "wanted"), [(b"Z", AT), (b"+01:00", AT - 3600 * 10**9), (b"-00:30", AT + 1800 * 10**9)]
)
@pytest.mark.parametrize("behind", [b" hello", b" ", b""])
def test_a_time_of_nine_digits_is_skipped_with_one_blank(zone, wanted, behind):
    text = b"2026-11-21T11:00:00.000000001" + zone + behind
    assert _stamp(text) == (behind[1:], wanted + 1)


@pytest.mark.parametrize(
    "text",
    [
        b"2026-11-21T11:00:00.000000001Zhello",
        b"2026-11-21T11:00:00.000001Z hello there",
        b"2026-13-21T11:00:00.000000001Z hello",
        b"2026-11-21T11:00:00.000000001+99:00 x",
        b"2026-11-21T11:00:00.000000001+01",
        b"2026-11-21T11:00:00.00000000",
        b"short",
        b"",
    ],
)
def test_what_is_no_such_time_belongs_to_the_line(text):
    lines = read_lines(text + b"\n")
    content, at = stamped(lines, lines.start)
    assert (content.tolist(), at.tolist()) == ([0], [NO_TIME])


def test_a_time_does_not_reach_into_the_next_line():
    lines = read_lines(b"2026-11-21T11:00:00.0000\n0001Z hello\n")
    assert stamped(lines, lines.start)[1].tolist() == [NO_TIME, NO_TIME]


def test_the_share_counts_lines_with_content_and_leaves_out_one_cut_off():
    pattern = re.compile(rb"a\|$")
    assert share_of_lines(b"a|\r\n\nb\n  \na", pattern) == 0.5
    assert share_of_lines(b"a|", pattern) == 1
    assert share_of_lines(b"", pattern) == share_of_lines(b"\n\n", pattern) == 0


def test_no_more_than_the_first_lines_are_looked_at():
    found, count = matching_lines(b"a|\n" * 5000, re.compile(rb"a\|"))
    assert len(found) == count <= 400


def test_a_file_cut_off_within_a_time_is_read_to_its_end():
    found = _taken(b"a|one\na|2026-11-21T11:00:00.000000001+01")
    [piece] = found.pieces
    assert piece.data == b"one\n2026-11-21T11:00:00.000000001+01\n"
    assert piece.at.tolist() == [NO_TIME, NO_TIME]
