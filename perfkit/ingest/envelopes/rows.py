"""Records taken out of an envelope, and the lines in them."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit.ingest.envelopes.model import NO_TIME, Ints, Piece
from perfkit.ingest.envelopes.text import slices

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Rows", "Streams", "coded", "keys_of", "pieces", "rows_of", "streams_of"]

Streams = tuple[Ints, list[str]]


@dataclass(frozen=True, kw_only=True)
class Rows:
    """One row per record, in the order of the input.

    ``stream`` indexes ``names``; ``key`` tells apart whose parts belong together.
    """

    message: pa.Array  # large_binary
    stream: Ints
    names: tuple[str, ...]
    key: Ints
    line: Ints
    at: Ints
    process: Ints

    def __len__(self) -> int:
        """Return how many rows there are."""
        return len(self.line)

    def take(self, rows: Ints) -> Rows:
        """Return some rows, in the order given."""
        if len(rows) == len(self) and np.array_equal(rows, np.arange(len(self))):
            return self
        return Rows(
            message=self.message.take(pa.array(rows)),
            stream=self.stream[rows],
            names=self.names,
            key=self.key[rows],
            line=self.line[rows],
            at=self.at[rows],
            process=self.process[rows],
        )

    def after(self, before: Rows | None, lines: int = 0) -> Rows:
        """Return the rows of ``before``, whose chunk had ``lines`` lines, and then these."""
        if before is None or not len(before):
            return self
        names = tuple(dict.fromkeys((*before.names, *self.names)))
        place = {name: index for index, name in enumerate(names)}
        moved = [
            np.array([place[name] for name in part.names], np.int64) for part in (before, self)
        ]
        return Rows(
            message=pa.concat_arrays([before.message, self.message]),
            stream=np.concatenate([moved[0][before.stream], moved[1][self.stream]]),
            names=names,
            key=np.concatenate([before.key, self.key]),
            line=np.concatenate([before.line - lines, self.line]),
            at=np.concatenate([before.at, self.at]),
            process=np.concatenate([before.process, self.process]),
        )


def coded(values: pa.Array) -> tuple[Ints, list[bytes]]:
    """Return the distinct values of a binary array and which of them each row has."""
    found = values.dictionary_encode()
    return found.indices.to_numpy().astype(np.int64), found.dictionary.to_pylist()


def keys_of(names: Sequence[str | bytes]) -> Ints:
    """Return a number for each name that is the same in every chunk."""
    raw = (
        name.encode("utf-8", "surrogatepass") if isinstance(name, str) else name for name in names
    )
    digests = b"".join(blake2b(name, digest_size=8).digest() for name in raw)
    return np.frombuffer(digests, np.int64)


def streams_of(names: Sequence[str]) -> Streams:
    """Return which distinct name each record has, and the names."""
    found = pa.array(names, pa.string()).dictionary_encode()
    return found.indices.to_numpy().astype(np.int64), found.dictionary.to_pylist()


def rows_of(message: pa.Array, streams: Streams, line: Ints, **known: Any) -> Rows:
    """Put rows together; ``known``: ``at``, ``process``, ``key`` (numbers or names per stream).

    ``streams`` are the name of each record as an index, and the names, some of which may be equal.
    """
    code, names = streams
    place = {name: index for index, name in enumerate(dict.fromkeys(names))}
    where = np.array([place[name] for name in names], np.int64)
    key = known.get("key")
    return Rows(
        message=message,
        stream=where[code],
        names=tuple(place),
        key=keys_of(names)[code] if key is None else key,
        line=line,
        at=known.get("at", np.full(len(line), NO_TIME)),
        process=known.get("process", np.zeros(len(line), np.int64)),
    )


def pieces(rows: Rows) -> list[Piece]:
    """Return the lines of each stream, in the order of the rows."""
    return [_piece(rows.names[rows.stream[where[0]]], rows.take(where)) for where in _streams(rows)]


def _streams(rows: Rows) -> list[Ints]:
    if not len(rows):
        return []
    order = np.argsort(rows.stream, kind="stable")
    found = np.split(order, np.flatnonzero(np.diff(rows.stream[order])) + 1)
    return sorted(found, key=lambda where: int(where[0]))


def _piece(stream: str, rows: Rows) -> Piece:
    data, ends = _joined(rows.message)
    owner: Any = slice(None)
    if data.count(b"\n") != len(rows):  # records of several lines
        feeds = np.flatnonzero(np.frombuffer(data, np.uint8) == ord("\n")) + 1
        owner = np.searchsorted(ends, feeds)
    return Piece(
        stream=stream,
        data=data,
        line=rows.line[owner],
        at=rows.at[owner],
        process=rows.process[owner],
    )


def _joined(message: pa.Array) -> tuple[bytes, Ints]:
    """Return the records behind each other, each ended by one line feed, and where they end."""
    _, offsets_buffer, data = message.buffers()
    offsets = np.frombuffer(offsets_buffer, np.int64)[message.offset :][: len(message) + 1]
    start, end = offsets[:-1], offsets[1:]
    raw = np.frombuffer(data, np.uint8) if data is not None else np.zeros(0, np.uint8)
    ended = end > start
    ended[ended] = raw[end[ended] - 1] == ord("\n")
    if ended.any():
        message = slices(data, start, end - ended)
    many = pa.LargeListArray.from_arrays(pa.array([0, len(message)], pa.int64()), message)
    joined = pc.binary_join(many, pa.scalar(b"\n", pa.large_binary()))
    return joined[0].as_py() + b"\n", np.cumsum(end - start - ended + 1)
