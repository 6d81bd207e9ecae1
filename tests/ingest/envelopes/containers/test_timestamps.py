"""A time before lines of another log."""

from __future__ import annotations

import pytest

from perfkit.ingest.envelopes.containers.timestamps import ENVELOPE

AT = 1_795_258_800 * 10**9
INNER = b'{"event":"request"}'


@pytest.mark.parametrize(
    ("stamp", "wanted"),
    [
        (b"2026-11-21T11:00:00.250Z", AT + 250_000_000),
        (b"2026-11-21T11:00:00.000000007Z", AT + 7),
    ],
)
@pytest.mark.parametrize("size", [1, 50, 1 << 20])
def test_three_and_nine_digits_are_times(take, stamp, wanted, size):
    taken = take((stamp + b" " + INNER + b"\n more\n") * 3, "timestamps", size)
    assert taken.only == [INNER, b" more"] * 3
    assert taken.at[""] == [wanted] * 6


@pytest.mark.parametrize(
    "line",
    [
        b"2026-11-21T11:00:00.000000Z x",
        b"2026-11-21T11:00:00.000+00:00 x",
        b"2026-11-21T11:00:00.000Zx",
        b"2026-13-21T11:00:00.000Z x",
        b"2026-11-21T11:00:00.00",
        b" 2026-11-21T11:00:00.000Z x",
    ],
)
def test_a_line_with_another_time_continues_the_one_before(take, line):
    taken = take(b"2026-11-21T11:00:00.000Z a\n" + line + b"\n", "timestamps")
    assert taken.only == [b"a", line]
    assert taken.at[""] == [AT, AT]


def test_a_time_with_nothing_behind_it_is_an_empty_line(take):
    taken = take(b"2026-11-21T11:00:00.000Z\n2026-11-21T11:00:00.000Z \n", "timestamps")
    assert taken.only == [b"", b""]


def test_the_end_of_a_message_cut_off_by_rotation_is_irrelevant(take):
    taken = take(b"rest of a message\n2026-11-21T11:00:00.000Z a\n", "timestamps")
    assert (taken.only, taken.irrelevant, taken.line[""]) == ([b"a"], 1, [2])


def test_it_is_recognised_by_what_is_behind_the_time():
    stamp = b"2026-11-21T11:00:00.000Z "
    assert ENVELOPE.recognises((stamp + INNER + b"\n") * 5).confidence > 0.4
    assert ENVELOPE.recognises((stamp + b"words of a program\n") * 5).confidence == 0
    assert ENVELOPE.recognises(b"first\n" + (stamp + INNER + b"\n") * 5).confidence == 0
    assert ENVELOPE.recognises(stamp + INNER + b"\n" + b"other\n" * 9).confidence == 0
    assert ENVELOPE.recognises(b"").confidence == 0
