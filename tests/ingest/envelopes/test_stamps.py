"""Lines with a stamp, and lines that continue the one before."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perfkit.ingest.envelopes.model import NO_TIME
from perfkit.ingest.envelopes.stamps import Stamps, cut_at_stamp, unstamped
from perfkit.ingest.envelopes.text import read_lines

_NEXT = re.compile(rb"\n(?=@\d)")


def _unstamped(data: bytes):
    """Take ``@7`` off; the digit is the time in ns and, modulo 2, the stream."""
    lines = read_lines(data)
    texts = [lines.text(row) for row in range(len(lines))]
    digits = [int(text[1:2]) if re.match(rb"@\d", text) else None for text in texts]
    present = np.array([digit is not None for digit in digits], np.bool_)
    at = np.array([NO_TIME if digit is None else digit for digit in digits], np.int64)
    code = np.array([(digit or 0) % 2 for digit in digits], np.int64)
    content = lines.start + 2 * present
    return unstamped(lines, Stamps(present, at, code, ["even", "odd"], content))


def _of(found):
    return {
        piece.stream: list(
            zip(piece.data.splitlines(), piece.line.tolist(), piece.at.tolist(), strict=True)
        )
        for piece in found.pieces
    }


def test_a_line_without_a_stamp_has_stream_and_time_of_the_one_before():
    found = _unstamped(b"@2a\n@3b\n\tmore\n\n@4c\n")
    assert _of(found) == {
        "even": [(b"a", 1, 2), (b"c", 5, 4)],
        "odd": [(b"b", 2, 3), (b"\tmore", 3, 3), (b"", 4, 3)],
    }
    assert (found.irrelevant, found.lines) == (0, 5)


def test_lines_before_the_first_stamp_belong_to_nobody():
    found = _unstamped(b"cut off\n\n@2a\n")
    assert _of(found) == {"even": [(b"a", 3, 2)]}
    assert (found.irrelevant, found.lines) == (2, 3)


@pytest.mark.parametrize("data", [b"no\nstamp\n", b"\n", b""])
def test_without_a_stamp_there_is_nothing(data):
    found = _unstamped(data)
    assert found.pieces == []
    assert found.irrelevant == found.lines == data.count(b"\n")


def test_records_that_come_newest_first_are_turned_with_their_further_lines():
    found = _unstamped(b"@8new\n more\n@6mid\n@4old\n last\n")
    assert [line for line, *_ in _of(found)["even"]] == [b"old", b" last", b"mid", b"new", b" more"]
    assert [line for _, line, _ in _of(found)["even"]] == [4, 5, 3, 1, 2]
    assert found.newest_first


PRETTY = json.dumps({"a": [1, {"b": "}"}]}, indent=2).encode()


def test_json_over_several_lines_is_one_line_and_its_lines_are_accounted_for():
    found = _unstamped(b"@2\n" + PRETTY + b"\n@4x\n")
    [(text, line, at), last] = _of(found)["even"]
    assert (json.loads(text), line, at) == (json.loads(PRETTY), 1, 2)
    assert last == (b"x", PRETTY.count(b"\n") + 3, 4)
    assert found.irrelevant + 2 == found.lines


@pytest.mark.parametrize("body", [b"{\nno end", b"no begin\n}", b"{", b"[\n1\n]"])
def test_lines_that_are_no_json_from_brace_to_brace_stay_lines(body):
    found = _unstamped(b"@2text\n" + body + b"\n")
    assert [line for line, *_ in _of(found)["even"]] == [b"text", *body.split(b"\n")]
    assert found.irrelevant == 0


_LINE = st.one_of(
    st.builds(
        lambda digit, text: f"@{digit}{text}", st.integers(0, 9), st.text("ab{}", max_size=4)
    ),
    st.text("ab{} ", max_size=4),
)


@settings(max_examples=80, deadline=None)
@given(lines=st.lists(_LINE, max_size=12))
def test_every_line_is_in_a_piece_or_counted(lines):
    found = _unstamped("".join(line + "\n" for line in lines).encode())
    used = [number for piece in found.pieces for number in piece.line.tolist()]
    assert len(used) == len(set(used))
    assert len(used) + found.irrelevant == found.lines == len(lines)
    text = b"".join(line for piece in _of(found).values() for line, *_ in piece)
    first = next((n for n, line in enumerate(lines) if re.match(r"@\d", line)), len(lines))
    kept = "".join(re.sub(r"^@\d", "", line) for line in lines[first:])
    assert sorted(text) == sorted(kept.encode())


@settings(max_examples=60, deadline=None)
@given(lines=st.lists(_LINE, max_size=10))
def test_the_cut_is_before_the_last_line_with_a_stamp(lines):
    data = "".join(line + "\n" for line in lines).encode()
    begins = [match.start() for match in re.finditer(rb"(?m)^@\d", data)]
    assert cut_at_stamp(data, _NEXT) == (begins[-1] if begins else 0)


def test_the_cut_is_found_far_before_the_end():
    data = b"@1a\n@2b\n" + b"continued\n" * 200_000
    assert cut_at_stamp(data, _NEXT) == 4
    assert cut_at_stamp(data[4:], _NEXT) == 0
