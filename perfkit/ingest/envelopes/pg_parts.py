r"""Messages that PostgreSQL split to send them to syslog, put together again.

``write_syslog`` in PostgreSQL's ``elog.c`` numbers messages per process and divides each at its
line feeds, and lines longer than 900 bytes at a blank or, where there is none, at a character:
``[5-1] LOG:  ...``, ``[5-2] #011from t``; without ``syslog_sequence_numbers`` the number is the
part's alone, without ``syslog_split_messages`` the message's alone (the limit ``PG_SYSLOG_LIMIT``
has been 900 since 9.0). The parts of several processes come mixed. They are brought together
at the place of the first; a new line stays a line of its own, a divided line becomes whole.

A part ended because the line was too long, not because the line ended, when the next word (or
byte) would not have fitted into it any more. What begins with a TAB is taken for a new line, which
PostgreSQL lets begin so; where a long line was divided at a TAB, a line feed is too many.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit.ingest.envelopes.joins import glued
from perfkit.ingest.envelopes.model import Ints, Unwrapped
from perfkit.ingest.envelopes.rows import Rows, pieces
from perfkit.ingest.envelopes.text import slices

if TYPE_CHECKING:
    from perfkit.ingest.envelopes.text import Bools

__all__ = ["Held", "finish", "together"]

#: How many lines later the next part of a message may come, in a chunk or the next.
WINDOW = 2000

#: So many bytes wait for further parts at most: memory stays bounded.
_MOST = 64 << 20

#: A part is filled up to 900 bytes, less what is cut off a multi-byte character.
_FULL = 897

_MARK = (
    r"^(?P<mark>(?:\[[A-Z][A-Z0-9_]*\] )?\[(?:(?P<seq>[0-9]{1,18})-)?(?P<part>[0-9]{1,9})\](?: |$))"
)
_SEVERITY = r"^[^\n]{0,400}?(?:LOG|DETAIL|HINT|QUERY|CONTEXT|LOCATION|BACKTRACE|STATEMENT):  "
_MARK_WIDTH = 100
#: The same where a long word was divided from it, with the second blank.
_BEGUN = _SEVERITY.removesuffix(" ")
_SINGLE = -1


@dataclass(frozen=True, kw_only=True)
class Held:
    """Rows that may go on in the next chunk, or come after such rows; lines of this chunk."""

    rows: Rows
    single: Bools
    lines: int


def together(rows: Rows, single: Bools, before: Held | None, lines: int) -> tuple[Rows, Held, int]:
    """Join the parts of PostgreSQL's messages.

    Args:
        rows: what the lines say; ``key`` is different for each process.
        single: rows of programs whose ``[7] text`` is a number of PostgreSQL's.
        before: what the chunk before left.
        lines: how many lines the chunk has.

    Returns:
        Rows without PostgreSQL's numbers, what has to wait, and how many rows became a part of
        the one before.
    """
    if before is not None and len(before.rows):
        single = np.concatenate([before.single, single])
        rows = rows.after(before.rows, before.lines)
    found = _marks(rows.message, single)
    if found is None:
        nothing = np.zeros(0, np.int64)
        return rows, Held(rows=rows.take(nothing), single=single[:0], lines=lines), 0
    sequence, part, width = found
    order = np.argsort(rows.key, kind="stable")
    begins = _begins(rows, order, sequence, part)
    first = np.repeat(order[begins], _sizes(begins))
    border = _border(rows, order, begins, part, lines)
    rest = np.sort(order[first >= border])
    done = np.flatnonzero(first < border)
    done = done[np.argsort(first[done], kind="stable")]
    whole, count = _assembled(rows, order[done], begins[done], width)
    return whole, Held(rows=rows.take(rest), single=single[rest], lines=lines), count


def finish(carry: Held | None) -> Unwrapped:
    """Give out the last messages."""
    if carry is None or not len(carry.rows):
        return Unwrapped()
    rows = replace(carry.rows, line=carry.rows.line - carry.lines)
    rows, _, count = together(rows, carry.single, None, WINDOW)
    return Unwrapped(pieces=pieces(rows), irrelevant=count)


def _border(rows: Rows, order: Ints, begins: Bools, part: Ints, lines: int) -> int:
    """Return the first row of the first message that may go on in the next chunk."""
    last = order[np.append(np.flatnonzero(begins)[1:], len(order)) - 1]
    waits = (part[last] > 0) & (rows.line[last] > lines - WINDOW)
    if not waits.any():
        return len(rows)
    border = int(order[begins][waits].min())
    held = pc.sum(pc.binary_length(rows.message.slice(border))).as_py() or 0
    return border if held < _MOST else len(rows)


def _sizes(begins: Bools) -> Ints:
    return np.diff(np.append(np.flatnonzero(begins), len(begins)))


def _marks(message: pa.Array, single: Bools) -> tuple[Ints, Ints, Ints] | None:
    """Return each row's message number, part number (0: it is no part), and their width."""
    numbered = pc.starts_with(message, b"[").to_numpy(zero_copy_only=False)
    if not numbered.any():
        return None
    rows = np.flatnonzero(numbered)
    found = pc.extract_regex(pc.binary_slice(message.take(pa.array(rows)), 0, _MARK_WIDTH), _MARK)
    numbers = (_number(pc.struct_field(found, name)) for name in ("seq", "part"))
    width = pc.fill_null(pc.binary_length(pc.struct_field(found, "mark")), 0).to_numpy()
    wide = np.full((3, len(message)), _SINGLE)
    wide[1:] = 0
    wide[:, rows] = *numbers, width
    sequence, part, width = wide
    part[(part < 0) | ((sequence == _SINGLE) & ~single)] = 0
    return (sequence, part, np.where(part > 0, width, 0)) if part.any() else None


def _number(texts: pa.Array) -> Ints:
    numbers = pc.if_else(pc.equal(pc.binary_length(texts), 0), None, texts)
    numbers = numbers.cast(pa.large_string()).cast(pa.int64())
    return np.asarray(pc.fill_null(numbers, _SINGLE).to_numpy())


def _begins(rows: Rows, order: Ints, sequence: Ints, part: Ints) -> Bools:
    """Say which rows (in ``order``) begin a message."""
    key, line = rows.key[order], rows.line[order]
    sequence, part = sequence[order], part[order]
    goes_on = (np.diff(key) == 0) & (np.diff(sequence) == 0) & (np.diff(part) == 1)
    goes_on &= (part[1:] > 1) & (np.diff(line) <= WINDOW)
    return np.concatenate([[True], ~goes_on])


def _assembled(rows: Rows, order: Ints, begins: Bools, width: Ints) -> tuple[Rows, int]:
    """Take the numbers off, and append to each line what was divided from it."""
    taken = rows.take(order)
    message = _behind(taken.message, width[order])
    follows = _filled(message, ~begins)
    message = _indented(message, ~begins & ~follows)
    whole = glued(replace(taken, message=message), np.arange(len(order)), follows)
    return whole, int(follows.sum())


def _behind(message: pa.Array, width: Ints) -> pa.Array:
    """Return each message without its first bytes."""
    _, offsets, data = message.buffers()
    borders = np.frombuffer(offsets, np.int64)[message.offset :][: len(message) + 1]
    return slices(data, borders[:-1] + width, borders[1:]) if data else message


def _filled(message: pa.Array, goes_on: Bools) -> Bools:
    """Say which rows are the rest of the line before them, which ended because it was full."""
    follows = np.zeros(len(message), np.bool_)
    length = pc.binary_length(message).to_numpy()
    rows = np.flatnonzero(goes_on[1:] & (length[:-1] + length[1:] >= _FULL)) + 1
    if not len(rows):
        return follows
    rest = message.take(pa.array(rows))
    word = pc.struct_field(pc.extract_regex(rest, r"^(?P<word>[^\S\t]\S*)"), "word")
    filled = length[rows - 1] + pc.fill_null(pc.binary_length(word), 0).to_numpy() >= _FULL
    new = pc.or_(pc.match_substring_regex(rest, _BEGUN), pc.starts_with(rest, b"\t"))
    follows[rows] = filled & ~new.to_numpy(zero_copy_only=False)
    return follows


def _indented(message: pa.Array, new_line: Bools) -> pa.Array:
    """Let further lines begin with a TAB as in PostgreSQL's own files, where it got lost."""
    rows = np.flatnonzero(new_line)
    chosen = message.take(pa.array(rows))
    bare = pc.or_(pc.starts_with(chosen, b" "), pc.equal(pc.binary_length(chosen), 0))
    rows = rows[bare.to_numpy(zero_copy_only=False)]
    if not len(rows):
        return message
    severe = pc.match_substring_regex(message.take(pa.array(rows)), _SEVERITY)
    rows = rows[~severe.to_numpy(zero_copy_only=False)]
    mask = np.zeros(len(message), np.bool_)
    mask[rows] = True
    tabs = pc.binary_join_element_wise(
        pa.scalar(b"\t", pa.large_binary()),
        message.take(pa.array(rows)),
        pa.scalar(b"", pa.large_binary()),
    )
    return pc.replace_with_mask(message, pa.array(mask), tabs)
