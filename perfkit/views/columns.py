"""How a column looks: its name says what it holds, so every table is printed alike.

==================================== ======== =======================================
column name                          unit     cell
==================================== ======== =======================================
``*_ms``                             ms       three digits, ``1,240``, ``0.037``
``*_bytes``                          with it  ``1.50 MB``
``share``, ``*_share``, ``*_rate``   %        ``12.3`` (the value is 0 to 1)
``*_pct``                            %        ``12.3`` (the value is 0 to 100)
``fingerprint``, ``operation``                tables and conditions, without columns
``*_per_s``                          1/s      ``0.25``
whole numbers (floats as well)                ``1,234,567``
times                                UTC      ``2026-11-21 02:51:04.090``
==================================== ======== =======================================

Unknown is ``n/a``. So is a percentile of too few samples: the table holds the sample
quantile and leaves its interval (``p95_low_ms``) empty; here the count stands beside it.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from perfkit import units
from perfkit.analyses.statements import shown
from perfkit.statistics import MINIMUM_COUNT
from perfkit.visible import visible

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = ["Column", "from_rows", "from_table", "number"]

UNKNOWN = "n/a"
_COUNTS = ("calls", "requests", "checkouts", "executions", "samples", "count", "n")
_SIGNED = {"shift_pct", "low_pct", "high_pct", "change_pct"}
_SHARES = {
    "share",
    "error_rate",
    "error_rate_before",
    "error_rate_after",
    "failure_rate",
    "hit_rate",
    "utilisation",
}
_STATEMENTS = {"fingerprint", "operation", "source_statement"}
_PERCENTILE = re.compile(r"(p\d+)_(?:.+_)?ms")
#: Of a comparison: the sides have counts of their own.
_OF_A_SIDE = re.compile(r"p(\d+)_(before|after)_ms")
_SUFFIX_UNITS = {"_ms": "ms", "_pct": "%", "_per_s": "1/s"}


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column, ready to print: its name, its unit and a text for every row."""

    name: str
    label: str
    unit: str
    cells: Sequence[str]
    numeric: bool

    @property
    def header(self) -> str:
        """The label with its unit: ``p95 ms``, ``share %``."""
        return f"{self.label} {self.unit}" if self.unit else self.label


def from_table(table: pa.Table) -> list[Column]:
    """Return the columns of an Arrow table that has few rows."""
    return _trusted([_column(name, _values(table[name])) for name in table.column_names])


def from_rows(rows: Sequence[Mapping[str, Any]]) -> list[Column]:
    """Return the columns of small dicts, such as the evidence of a finding."""
    names = dict.fromkeys(name for row in rows for name in row)
    return [_column(name, [row.get(name) for row in rows]) for name in names]


def number(value: float) -> str:
    """Print a number with three significant digits at most, and thousands separators.

    Below 1 there are three decimals (a thousandth of a millisecond), unless nothing were left.

    Example:
        >>> [number(x) for x in (0.00012, 0.0123, 1.5, 84.25, 1234.5)]
        ['0.00012', '0.012', '1.50', '84.2', '1,234']
    """
    size = abs(value)
    if size >= 99.95 or size == 0:  # noqa: PLR2004 - where three digits leave no fraction
        return f"{value:,.0f}"
    if size >= 9.995:  # noqa: PLR2004
        return f"{value:.1f}"
    if size >= 0.9995:  # noqa: PLR2004
        return f"{value:.2f}"
    return f"{value:.3f}" if size >= 0.0015 else f"{value:.2g}"  # noqa: PLR2004


def _column(name: str, values: Sequence[Any]) -> Column:
    unit = _unit(name, values)
    label = name.removesuffix("_bytes")
    for suffix, of in _SUFFIX_UNITS.items():
        if unit == of:
            label = label.removesuffix(suffix)
    show = units.format_count if not unit and _whole(values) else _formatter(name)
    cells = [UNKNOWN if _unknown(value) else show(value) for value in values]
    numeric = unit in _SUFFIX_UNITS.values() or any(isinstance(v, int | float) for v in values)
    return Column(
        name=name,
        label=visible(label.replace("_", " ")),
        unit=unit,
        cells=cells,
        numeric=numeric and not any(isinstance(v, bool) for v in values),
    )


def _whole(values: Sequence[Any]) -> bool:
    """Say whether all that is known are whole numbers, such as rows per loop."""
    known = [value for value in values if not _unknown(value)]
    return bool(known) and all(isinstance(value, float) and value.is_integer() for value in known)


def _values(column: pa.ChunkedArray) -> list[Any]:
    """Return Python values; Arrow turns nanoseconds into pandas objects, so they go first."""
    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.timestamp("us", column.type.tz), safe=False)
    return list(column.to_pylist())


def _unit(name: str, values: Sequence[Any]) -> str:
    if any(hasattr(value, "isoformat") for value in values):
        return "UTC"
    if _is_share(name):
        return "%"
    return next((unit for suffix, unit in _SUFFIX_UNITS.items() if name.endswith(suffix)), "")


def _is_share(name: str) -> bool:
    return name in _SHARES or name.endswith("_share")


def _formatter(name: str) -> Callable[[Any], str]:
    if _is_share(name):
        return lambda value: units.format_share(value).removesuffix(" %")
    if name in _STATEMENTS:
        return lambda value: visible(shown(str(value), 120, whole=30))
    if name.endswith("_bytes"):
        return units.format_bytes
    if name.endswith("_pct"):
        return lambda value: f"{value:{'+' if name in _SIGNED else ''},.1f}"
    return _any


def _any(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return units.format_count(value)
    if isinstance(value, float):
        return number(value)
    if hasattr(value, "isoformat"):
        return str(value.isoformat(sep=" ", timespec="milliseconds").removesuffix("+00:00"))
    if isinstance(value, list | tuple):
        return visible(", ".join(map(str, value)))
    return visible(str(value))


def _unknown(value: Any) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))


def _trusted(columns: list[Column]) -> list[Column]:
    """Replace percentiles of too few samples by ``n/a (count)``."""
    by_name = {column.name: column for column in columns}
    counts = next((by_name[name].cells for name in _COUNTS if name in by_name), None)
    return [_without_guesses(column, by_name, counts) for column in columns]


def _without_guesses(
    column: Column, others: Mapping[str, Column], counts: Sequence[str] | None
) -> Column:
    if side := _OF_A_SIDE.fullmatch(column.name):
        return _of_enough(column, others.get(f"n_{side[2]}"), MINIMUM_COUNT[int(side[1])])
    low = others.get(column.name.removesuffix("_ms") + "_low_ms")
    if not _PERCENTILE.fullmatch(column.name) or low is None:
        return column
    beside = counts or [""] * len(column.cells)
    cells = [
        f"{UNKNOWN} ({count})" if bound == UNKNOWN and count and cell != UNKNOWN else cell
        for cell, bound, count in zip(column.cells, low.cells, beside, strict=True)
    ]
    return replace(column, cells=cells)


def _of_enough(column: Column, counts: Column | None, least: int) -> Column:
    """Replace what fewer than ``least`` samples say."""
    if counts is None:
        return column
    cells = [
        f"{UNKNOWN} ({count})" if cell != UNKNOWN and int(count.replace(",", "")) < least else cell
        for cell, count in zip(column.cells, counts.cells, strict=True)
    ]
    return replace(column, cells=cells)
