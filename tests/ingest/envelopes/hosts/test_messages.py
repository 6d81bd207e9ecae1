"""What programs, processes and parts of PostgreSQL have to do with each other."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from perfkit.ingest.envelopes import pg_parts
from perfkit.ingest.envelopes.hosts.messages import Found, Header, put_together, with_messages
from perfkit.ingest.envelopes.text import read_lines

_NONE = np.zeros(0, np.int64)


def _header(program: str, process: str = "7") -> Header:
    return Header.of(f"h/{program}", program, process, f"{program}{process}".encode())


@pytest.mark.parametrize(
    ("process", "number"),
    [("7", 7), ("", 0), ("x", 0), ("-1", 0), ("9" * 18, 10**18 - 1), ("9" * 19, 0), ("7 ", 0)],
)
def test_a_process_that_is_no_number_of_64_bits_is_unknown(process, number):
    assert _header("app", process).process == number


@pytest.mark.parametrize(
    ("program", "postgres"),
    [
        ("postgres", True),
        ("postgresql-15", True),
        ("PGSQL", True),
        ("pgbouncer", False),
        ("", False),
    ],
)
def test_postgresql_is_told_by_its_name(program, postgres):
    assert _header(program).postgres is postgres


def _put(data: bytes, codes: list[int], headers: list[Header], *, bad=(), passes=()):
    """Take one letter off each line."""
    lines = read_lines(data)
    valid = np.ones(len(lines), np.bool_)
    valid[[*bad, *passes]] = False
    found = Found(
        at=np.arange(len(lines)), code=np.array(codes), content=lines.start + 1, valid=valid
    )
    return put_together(lines, found, headers, None, passes=np.array(passes, np.int64))


def test_every_line_is_used_passed_blank_or_rejected_with_its_number():
    data = b"-one\nwrong\n\n-- mark\n-two\n"
    found = _put(data, [0, 0, 0, 0, 1], [_header("app"), _header("cron")], bad=[1, 2], passes=[3])
    assert {piece.stream: (piece.data, piece.line.tolist()) for piece in found.pieces} == {
        "h/app": (b"one\n", [1]),
        "h/cron": (b"two\n", [5]),
    }
    assert [(bad.line, bad.text) for bad in found.rejected] == [(2, "wrong")]
    assert (found.rejected_lines, found.irrelevant, found.lines) == (1, 2, 5)


def test_parts_are_joined_for_postgresql_alone():
    data = b"-[1] LOG:  a\n-[2] #011b\n"
    headers = [_header("postgres"), _header("app")]
    parts = _put(data, [0, 0], headers)
    rest = pg_parts.finish(parts.carry)
    text = b"".join(piece.data for piece in [*parts.pieces, *rest.pieces])
    assert text == b"LOG:  a\n\tb\n"
    other = _put(data, [1, 1], headers)
    assert [piece.data for piece in other.pieces] == [b"[1] LOG:  a\n[2] \tb\n"]


def test_processes_of_one_stream_are_told_apart():
    headers = [_header("app", "7"), _header("app", "8")]
    found = _put(b"-a\n-b\n-c\n", [0, 1, 0], headers)
    [piece] = found.pieces
    assert (piece.data, piece.process.tolist()) == (b"a\nb\nc\n", [7, 8, 7])
    assert piece.at.tolist() == [0, 1, 2]


def test_messages_may_be_others_than_the_rest_of_the_line():
    lines = read_lines(b"x\ny\n")
    found = Found(
        at=np.array([5, 6]),
        code=np.zeros(2, np.int64),
        content=lines.start,
        valid=np.array([True, False]),
    )
    message = pa.array([b"made up"], pa.large_binary())
    result = with_messages(lines, found, [_header("app")], None, message=message, passes=_NONE)
    assert [piece.data for piece in result.pieces] == [b"made up\n"]
    assert [bad.line for bad in result.rejected] == [2]
