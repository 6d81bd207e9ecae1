"""CRI: parts, tags and times as the kubelet reads them."""

from __future__ import annotations

import pytest

from perfkit.ingest.envelopes.containers.cri import ENVELOPE

STAMP = b"2026-11-21T11:00:00.%09dZ "
AT = 1_795_258_800 * 10**9


def _lines(*texts: bytes) -> bytes:
    return b"".join(STAMP % number + text + b"\n" for number, text in enumerate(texts))


@pytest.mark.parametrize("size", [1, 60, 1 << 20])
def test_parts_have_the_time_and_place_of_the_first(take, size):
    data = _lines(b"stdout P a ", b"stderr F e", b"stdout P b", b"stdout F  c", b"stdout F d")
    taken = take(data, "cri", size)
    assert taken.streams == {"stdout": [b"a b c", b"d"], "stderr": [b"e"]}
    assert taken.line == {"stdout": [1, 5], "stderr": [2]}
    assert taken.at["stdout"] == [AT, AT + 4]
    assert taken.irrelevant == 2


def test_a_part_that_nothing_follows_is_given_out_at_the_end(take):
    taken = take(_lines(b"stdout F a", b"stdout P b"), "cri", 30)
    assert taken.only == [b"a", b"b"]


@pytest.mark.parametrize(
    "damaged",
    [
        b"2026-11-21T11:00:00.000000001Z stdlog F x",
        b"2026-11-21T11:00:00.000000001Z stdout X x",
        b"2026-11-21T11:00:00.000000001Z stdoutF x",
        b"yesterday stdout F x",
        b"2026-11-21T11:00:00.000000001Z stdout",
        b"2026-11-21T11:00:00.0000000",
        b"\x00\xff",
    ],
)
def test_a_damaged_line_is_rejected_with_its_number_and_text(take, damaged):
    taken = take(_lines(b"stdout F a") + damaged + b"\n" + _lines(b"stdout F b"), "cri")
    assert [number for number, _ in taken.rejected] == [2]
    assert taken.only == [b"a", b"b"]


def test_blank_lines_are_irrelevant(take):
    taken = take(_lines(b"stdout F a") + b"\n  \n" + _lines(b"stdout F b"), "cri")
    assert (taken.irrelevant, taken.rejected_lines) == (2, 0)


def test_content_is_kept_to_the_byte_but_a_carriage_return_at_its_end(take):
    taken = take(_lines(b"stdout F  \xff\t P F stdout \r"), "cri")
    assert taken.only == [b" \xff\t P F stdout "]


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"2026-11-21T11:00:00.000000001Z stdout G x\n",
        b"2026-11-21T11:00:00Z stdout F x\n",
        b"2026-11-21T11:00:00.1Z std F x\n",
        b"stdout F x\n",
    ],
)
def test_other_lines_are_not_recognised(head):
    assert ENVELOPE.recognises(head * 5).confidence == 0


def test_a_few_broken_lines_do_not_hide_it():
    good = _lines(*[b"stdout F x"] * 9)
    assert ENVELOPE.recognises(good + b"broken\n").confidence > 0.9
    assert ENVELOPE.recognises(good + b"broken\n" * 9).confidence == 0
