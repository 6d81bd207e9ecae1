"""Records of log services, whatever the service."""

from __future__ import annotations

import re

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perfkit.ingest.envelopes.services.records import (
    Record,
    Records,
    document_like,
    from_document,
    from_lines,
    named,
    said,
    whole,
)

AT = 1_795_258_800
_DECODER = msgspec.json.Decoder(list[str])


def _records(texts: list[str]) -> list[Record]:
    return [Record(text, AT, "s") for text in texts]


_LINE = st.one_of(
    st.lists(st.sampled_from(["a", "b\nc", ""]), max_size=3).map(
        lambda texts: msgspec.json.encode(texts).decode()
    ),
    st.sampled_from(["", "  ", "{", "[5]", "x"]),
)


@settings(max_examples=80, deadline=None)
@given(lines=st.lists(_LINE, max_size=10))
def test_every_line_is_used_irrelevant_or_rejected(lines):
    found = from_lines("".join(line + "\n" for line in lines).encode(), _DECODER, _records)
    wanted = {n for n, line in enumerate(lines, 1) if '"a"' in line or "b" in line}
    used = {number for piece in found.pieces for number in piece.line.tolist()}
    assert used == wanted
    assert found.rejected_lines == sum(line in {"{", "[5]", "x"} for line in lines)
    assert len(used) + found.irrelevant + found.rejected_lines == found.lines == len(lines)


def test_documents_are_counted_in_records():
    found = from_document(b'["a",""]\n["b"]', _DECODER, _records)
    [piece] = found.pieces
    assert (piece.data, piece.line.tolist()) == (b"a\nb\n", [1, 3])
    assert (found.irrelevant, found.lines) == (1, 3)


@pytest.mark.parametrize("data", [b"", b" \n", b'["a"]\n{', b"[" * 100_000, b'["a"'])
def test_one_broken_document_makes_the_input_broken(data):
    found = from_document(data, _DECODER, _records)
    assert (found.rejected_lines, found.lines, found.pieces) == (1, 1, [])


def test_a_message_of_several_lines_keeps_its_place_and_bytes_stay():
    records = Records()
    assert records.add(4, [Record("a\nb", AT, "s"), Record(None), Record(b"\xff", None, "t")]) == 2
    found = {piece.stream: piece for piece in records.unwrapped().pieces}
    assert (found["s"].data, found["s"].line.tolist()) == (b"a\nb\n", [4, 4])
    assert found["t"].data == b"\xff\n"


def test_half_a_character_does_not_hurt():
    records = Records()
    records.add(1, [Record("a\ud800", AT, "s")])
    assert records.unwrapped().pieces[0].data == b"a?\n"


@pytest.mark.parametrize(("utc", "naive"), [(True, False), (False, True)])
def test_a_time_without_a_zone_is_said_unless_the_service_means_utc(utc, naive):
    records = Records()
    records.add(1, [Record("a", "2026-11-21 11:00:00", "s")])
    assert records.unwrapped(utc=utc).naive is naive


@pytest.mark.parametrize(
    ("message", "fields", "wanted"),
    [
        ("words", {}, "words"),
        ("words", {"a": 1}, b'{"a":1}'),
        ("2026-11-21 11:00:00 x", {"a": 1}, "2026-11-21 11:00:00 x"),
        (None, {"a": 1}, b'{"a":1}'),
        (5, {}, ""),
    ],
)
def test_fields_are_said_where_the_message_is_no_line(message, fields, wanted):
    assert said(message, fields) == wanted


@pytest.mark.parametrize(
    ("fields", "wanted"),
    [
        ({"a": "x", "b": {"c": "y"}}, "x"),
        ({"a": "", "b": {"c": "y"}}, "y"),
        ({"a": 5, "b.c": "z"}, "z"),
        ({"b": {"c": {"d": "too deep"}}}, ""),
        ({"b": "text"}, ""),
        ({"b": None}, ""),
        (["a"], ""),
        (None, ""),
    ],
)
def test_the_first_name_that_is_a_text_counts(fields, wanted):
    assert named(fields, "a", "b.c") == wanted


def test_a_document_begins_with_the_first_pattern_and_holds_the_others():
    begin, other = re.compile(rb"\{"), re.compile(rb"x")
    assert document_like(b"{ x", begin, other, reason="why").confidence > 0.9
    assert document_like(b" { x", begin, other, reason="why").confidence == 0
    assert document_like(b"{ y", begin, other, reason="why").confidence == 0
    assert whole(b"anything\n") == 0
