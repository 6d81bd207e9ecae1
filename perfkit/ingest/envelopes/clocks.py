"""Times of envelopes that name no zone or no year, made times in UTC."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit.clock import time_zone
from perfkit.formats.times import zone_note
from perfkit.ingest.envelopes.model import NO_TIME, YEARLESS, Ints, Piece, Unwrapped
from perfkit.recording import Note

__all__ = ["Clock"]

_DAY = 86_400_000_000_000
_HALF_YEAR = 183 * _DAY
_MONTHS = 12
_BASE_YEAR = 1972


class Clock:
    """Keeps, over the chunks of an input, which year it is."""

    def __init__(self, zone: str | None, until: int) -> None:
        """Read times without a zone in ``zone``; the input was written before ``until`` (ns)."""
        self._zone = zone
        self._until = until
        self._last: tuple[int, int] | None = None  # a time without year, and its year

    def settled(self, found: Unwrapped) -> Unwrapped:
        """Return ``found`` with its times in UTC, and notes on what was assumed for that."""
        yearless = any(_yearless(piece.at).any() for piece in found.pieces)
        if not yearless and not (found.naive and found.pieces):
            return found
        notes = [zone_note(self._zone)]
        pieces = [self._piece(piece, naive=found.naive) for piece in found.pieces]
        if yearless and self._last is not None:
            message = f"times name no year: the last were read as of {self._last[1]}"
            notes.append(Note(kind="year_assumed", message=message))
        return replace(found, pieces=pieces, notes=(*found.notes, *notes))

    def _piece(self, piece: Piece, *, naive: bool) -> Piece:
        bare = _yearless(piece.at)
        at = piece.at.copy()
        if bare.any():
            at[bare] = self._dated(at[bare])
        local = (bare | naive) & (at != NO_TIME)
        at[local] = _in_utc(at[local], self._zone)
        return replace(piece, at=at)

    def _dated(self, at: Ints) -> Ints:
        """Give times a year: the latest before ``until`` first, then as December turns January."""
        last, year = self._last or (int(at[0]), self._year_of(int(at[0])))
        steps = np.diff(at, prepend=last)
        years = year + np.cumsum((steps < -_HALF_YEAR).astype(np.int64) - (steps > _HALF_YEAR))
        self._last = int(at[-1]), int(years[-1])
        return _on(at, years)

    def _year_of(self, first: int) -> int:
        year = int(np.datetime64(self._until, "ns").astype("M8[Y]").astype(np.int64)) + 1970
        moment = int(_on(np.array([first]), np.array([year]))[0])
        return year if moment <= self._until + _DAY else year - 1


def _yearless(at: Ints) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    return np.asarray((at < YEARLESS) & (at != NO_TIME))


def _on(at: Ints, years: Ints) -> Ints:
    """Move times of 1972 into ``years``; a 29th of February becomes the 1st of March."""
    months = at.astype("M8[ns]").astype("M8[M]")
    rest = at - months.astype("M8[ns]").astype(np.int64)
    of_year = months.astype(np.int64) - (_BASE_YEAR - 1970) * _MONTHS
    moved = ((years - 1970) * _MONTHS + of_year).astype("M8[M]").astype("M8[ns]")
    return np.asarray(moved.astype(np.int64) + rest)


def _in_utc(at: Ints, zone: str | None) -> Ints:
    if zone is None or not len(at):
        return at
    offset = time_zone(zone).utcoffset(None)
    if offset is not None:
        return at - int(offset.total_seconds()) * 1_000_000_000
    local = pa.array(at, pa.timestamp("ns"))
    moved = pc.assume_timezone(local, zone, ambiguous="earliest", nonexistent="earliest")
    return np.asarray(moved.cast(pa.int64()).to_numpy())
