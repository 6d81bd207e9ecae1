"""Names of the rows of a digest, short enough for a legend."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from perfkit.analyses.statements import shown
from perfkit.views import theme

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from perfkit.results import Result

__all__ = ["by_row", "edges", "lasting", "minutes", "times"]

_MINUTE = 60_000_000_000
_REST = "rest"


def by_row(result: Result, table: pa.Table) -> tuple[list[str], NDArray[np.int64]]:
    """Return names, and which of them each row of a series belongs to; the rest comes last.

    The names are in the order of the digest, and begin with the place in it.
    """
    keys = [name for name in table.column_names if name in result.arrow.column_names[:2]]
    wanted = [tuple(map(_text, row.values())) for row in _first(result, keys)]
    place = {key: number for number, key in enumerate(wanted)}
    texts = (table[name].cast(pa.string()).to_pylist() for name in keys)
    found = [place.get(key, len(wanted)) for key in zip(*texts, strict=True)]
    names = [
        theme.safe(f"{number}. {_named(result, number - 1, wanted[number - 1])}")
        for number in range(1, len(wanted) + 1)
    ]
    return [*names, _REST], np.array(found, np.int64)


def _first(result: Result, keys: list[str]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = result.arrow.slice(0, 50).select(keys).to_pylist()
    return rows


def _text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else str(value)


def _named(result: Result, row: int, key: tuple[str | None, ...]) -> str:
    if "fingerprint" in result.arrow.column_names:
        return shown(result.arrow["fingerprint"][row].as_py(), 60)
    return ", ".join(str(part) for part in key)


def minutes(table: pa.Table) -> NDArray[np.int64]:
    """Return the column ``minute`` as minutes since 1970."""
    numbers: NDArray[np.int64] = table["minute"].cast(pa.int64()).to_numpy() // _MINUTE
    return numbers


def edges(minute: NDArray[np.int64], most: int) -> tuple[int, int, int]:
    """Return the first minute, the step and how many steps cover them, at most ``most`` (> 1)."""
    first, last = int(minute.min()), int(minute.max())
    for step in (1, 2, 5, 10, 15, 30, 60, 120, 240, 360, 720, 1440):
        if (last // step) - (first // step) < most:
            return first // step * step, step, last // step - first // step + 1
    step = ((last - first + 1) // (1440 * (most - 1)) + 1) * 1440
    return first // step * step, step, last // step - first // step + 1


def lasting(step: int) -> str:
    """Return a number of minutes in words.

    Example:
        >>> lasting(1), lasting(5), lasting(120)
        ('a minute', '5 minutes', '2 hours')
    """
    if step == 1:
        return "a minute"
    return f"{step:,} minutes" if step % 60 or step == 60 else f"{step // 60:,} hours"  # noqa: PLR2004


def times(first: int, step: int, count: int) -> list[str]:
    """Return the beginnings of ``count`` steps as text (UTC), as plotly reads them."""
    minute = first + step * np.arange(count)
    return [str(text) for text in np.datetime_as_string(minute.astype("datetime64[m]"))]
