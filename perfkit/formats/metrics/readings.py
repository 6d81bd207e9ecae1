"""Rows of ``metrics``: what every format of readings writes, and the account of its lines.

Names and units are those of :mod:`perfkit.analyses.alerts.readings` where a reading means that
(``cpu.utilisation``, ``memory.used``, ...); every other keeps its tool's own name
(``vmstat.r``). Values are in base units: bytes, seconds, shares of 1.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa

from perfkit import tables
from perfkit.formats.model import BadLine, Parsed, kept

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from perfkit.recording import Note

__all__ = ["Account", "Quantity", "labelled", "number"]


class Quantity(NamedTuple):
    """A name, a value in base units, and the unit (None: unknown)."""

    name: str
    value: float
    unit: str | None


class _Record(NamedTuple):
    """One record: ``at`` in ns since 1970 UTC, ``raw`` its own bytes, ``size`` its readings."""

    line: int
    raw: bytes
    at: int | None
    host: str | None
    size: int


@dataclass
class Account:
    """What the lines (or records) of one chunk became."""

    lines: int = 0
    irrelevant: int = 0
    rejected: list[BadLine] = field(default_factory=list)
    quantities: list[Quantity] = field(default_factory=list)
    _records: list[_Record] = field(default_factory=list)

    def reject(self, line: int, reason: str, raw: bytes) -> None:
        """Count a line that could not be used."""
        self.rejected.append(BadLine.of(line, reason, raw))

    def take(
        self,
        line: int,
        raw: bytes,
        at: int | None,
        host: str | None,
        quantities: Sequence[Quantity],
    ) -> None:
        """Take what a line says; it is irrelevant where that is nothing."""
        self.irrelevant += not quantities
        self.quantities += quantities
        self._records.append(_Record(line, raw, at, host, len(quantities)))

    def parsed(self, notes: Sequence[Note] = (), missing: str = "") -> Parsed:
        """Return the rows and the account."""
        return Parsed(
            tables={"metrics": self._table()} if self.quantities else {},
            rejected=kept(self.rejected),
            rejected_lines=len(self.rejected),
            irrelevant=self.irrelevant,
            lines=self.lines,
            notes=tuple(dict.fromkeys(notes)),
            missing=missing,
        )

    def _table(self) -> pa.Table:
        line, raw, at, host, count = zip(*self._records, strict=True)
        name, value, unit = zip(*self.quantities, strict=True)
        place = pa.array(np.repeat(np.arange(len(count)), count))
        columns = {
            "at": pa.array(at, pa.int64()).cast(pa.timestamp("ns", "UTC")).take(place),
            "host": pa.array(host, pa.string()).take(place),
            "name": pa.array(name, pa.string()),
            "value": pa.array(value, pa.float64()),
            "unit": pa.array(unit, pa.string()),
            "line": pa.array(line, pa.int64()).take(place),
            "attributes": pa.array(raw, pa.binary()).take(place),
        }
        return tables.from_columns("metrics", columns)


def number(text: str) -> float | None:
    """Return a finite number; None where the text is none, NaN or infinite.

    Example:
        >>> number("-1.5"), number("12,5"), number("NaN"), number("1_0")
        (-1.5, 12.5, None, None)
    """
    try:
        found = float(text.replace(",", ".", 1)) if "_" not in text else math.nan
    except ValueError:
        return None
    return found if math.isfinite(found) else None


def labelled(name: str, labels: Mapping[str, str]) -> str:
    """Return a name with its labels, as Prometheus writes a series.

    Example:
        >>> labelled("disk.utilisation", {"device": "vda"})
        'disk.utilisation{device="vda"}'
    """
    pairs = ",".join(f'{key}="{_escaped(value)}"' for key, value in sorted(labels.items()))
    return f"{name}{{{pairs}}}" if pairs else name


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
