"""Parts of records, joined as someone would by hand."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from perfkit.ingest.envelopes.joins import finish, glued, join
from perfkit.ingest.envelopes.model import NO_TIME
from perfkit.ingest.envelopes.rows import rows_of, streams_of

_PART = st.tuples(st.sampled_from("xyz"), st.text("ab", max_size=3), st.booleans())


def _rows(parts, first=1):
    return rows_of(
        pa.array([text.encode() for _, text, _ in parts], pa.large_binary()),
        streams_of([stream for stream, _, _ in parts]),
        np.arange(first, first + len(parts)),
    )


def _flags(parts):
    return np.array([goes_on for _, _, goes_on in parts], np.bool_)


def _by_hand(parts):
    """Return the whole records (stream, text, first line) and those still open."""
    whole, still = [], {}
    for number, (stream, text, goes_on) in enumerate(parts, 1):
        before, line = still.pop(stream, ("", number))
        if goes_on:
            still[stream] = (before + text, line)
        else:
            whole.append((stream, before + text, line))
    return whole, [(stream, *value) for stream, value in still.items()]


def _listed(rows, before=0):
    names = [rows.names[code] for code in rows.stream.tolist()]
    texts = [text.decode() for text in rows.message.to_pylist()]
    return list(zip(names, texts, [line + before for line in rows.line.tolist()], strict=True))


@settings(max_examples=150, deadline=None)
@given(parts=st.lists(_PART, max_size=15), sizes=st.lists(st.integers(0, 5), max_size=5))
def test_parts_are_joined_whatever_the_chunks(parts, sizes):
    found, carry, at, joined = [], None, 0, 0
    for size in [*sizes, len(parts)]:
        chunk = parts[at : at + size]
        whole, carry, count = join(_rows(chunk), _flags(chunk), carry, len(chunk))
        found += _listed(whole, at)
        joined += count
        at += len(chunk)
    rest = [
        (piece.stream, text.decode(), line + at)
        for piece in finish(carry).pieces
        for text, line in zip(piece.data.split(b"\n"), piece.line.tolist(), strict=False)
    ]
    wanted, still = _by_hand(parts)
    assert sorted(found) == sorted(wanted)
    assert sorted(rest) == sorted(still)
    assert joined + len(found) + len(rest) == len(parts)


def test_whole_records_stand_in_the_order_of_their_first_lines():
    parts = [("x", "a", True), ("y", "b", False), ("x", "c", False), ("z", "d", False)]
    whole, _, joined = join(_rows(parts), _flags(parts), None, len(parts))
    assert _listed(whole) == [("x", "ac", 1), ("y", "b", 2), ("z", "d", 4)]
    assert joined == 1


def test_a_record_that_grows_without_end_is_given_out(monkeypatch):
    monkeypatch.setattr("perfkit.ingest.envelopes.joins._LONGEST", 5)
    carry, out = None, []
    for _ in range(4):
        parts = [("x", "abc", True)]
        whole, carry, _ = join(_rows(parts), _flags(parts), carry, 1)
        out += [text for _, text, _ in _listed(whole)]
    assert out == ["abcabc"] * 2
    assert finish(carry).pieces == []


def test_nothing_open_ends_with_nothing():
    assert finish(None).pieces == []
    _, carry, _ = join(_rows([("x", "a", False)]), np.zeros(1, np.bool_), None, 1)
    assert finish(carry).pieces == []


def test_glued_rows_keep_time_and_process_of_the_first():
    rows = rows_of(
        pa.array([b"a", b"b", b"c"], pa.large_binary()),
        streams_of(["s"] * 3),
        np.array([4, 5, 6]),
        at=np.array([10, 20, NO_TIME]),
        process=np.array([7, 8, 9]),
    )
    found = glued(rows, np.array([2, 0, 1]), np.array([False, False, True]))
    assert found.message.to_pylist() == [b"c", b"ab"]
    assert found.line.tolist() == [6, 4]
    assert found.at.tolist() == [NO_TIME, 10]
    assert found.process.tolist() == [9, 7]
