"""aws logs tail, detailed and short."""

from __future__ import annotations

import pytest

from perfkit.ingest.envelopes.services.cloudwatch_tail import ENVELOPE

AT = 1_795_258_800 * 10**9
STREAM = "2026/11/21/[$LATEST]0a"


@pytest.mark.parametrize("size", [1, 100, 1 << 20])
def test_the_fraction_may_be_missing_and_messages_go_on(take, size):
    data = (
        f"2026-11-21T11:00:00+00:00 {STREAM} a\n"
        f"2026-11-21T11:00:00.000250+00:00 other b\n\tmore\n\n"
        f"2026-11-21T11:00:01.000000+00:00 {STREAM} \n"
    )
    taken = take(data.encode(), "cloudwatch-tail", size)
    assert taken.streams == {STREAM: [b"a", b""], "other": [b"b", b"\tmore", b""]}
    assert taken.at == {STREAM: [AT, AT + 10**9], "other": [AT + 250_000] * 3}
    assert taken.line == {STREAM: [1, 5], "other": [2, 3, 4]}


def test_a_stream_with_nothing_behind_it_is_an_empty_line(take):
    taken = take(b"2026-11-21T11:00:00+00:00 s\n2026-11-21T11:00:01+00:00 s x\n", "cloudwatch-tail")
    assert taken.streams == {"s": [b"", b"x"]}


@pytest.mark.parametrize("line", ["2026-13-21T11:00:00+00:00 s x", "text", "2026-11-21T", "\t{}"])
def test_a_line_without_a_time_continues_the_one_before(take, line):
    taken = take(f"2026-11-21T11:00:00+00:00 s a\n{line}\n".encode(), "cloudwatch-tail")
    assert taken.streams == {"s": [b"a", line.encode()]}


def test_lines_before_the_first_time_are_irrelevant(take):
    taken = take(b"rest\n2026-11-21T11:00:00 {}\n", "cloudwatch-tail")
    assert (taken.only, taken.irrelevant, taken.line[""]) == ([b"{}"], 1, [2])


def test_names_that_aws_gives_or_lines_of_a_log_make_it_sure():
    detailed = "2026-11-21T11:00:00.000000+00:00 {} {}\n"
    for stream, text in ((STREAM, "words"), ("mine", '{"event":1}'), ("db.0", "words")):
        assert ENVELOPE.recognises(detailed.format(stream, text).encode() * 3).confidence > 0.4
    assert ENVELOPE.recognises(detailed.format("INFO", "words").encode() * 3).confidence == 0


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"2026-11-21T11:00:00 words\n",
        b"2026-11-21T11:00:00+01:00 s {}\n",
        b"first\n2026-11-21T11:00:00 {}\n",
        b"2026-11-21T11:00:00+00:00 level: {}\n",
    ],
)
def test_other_lines_with_times_are_not_recognised(head):
    assert ENVELOPE.recognises(head * 3).confidence == 0
