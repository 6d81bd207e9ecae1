"""What the numbers behind an access log's usual columns are: times, in which unit, or sizes.

nginx writes seconds with three decimals (``$request_time``, ``$upstream_response_time``); Apache
writes integers: ``%D`` microseconds, ``%T`` seconds, ``%I %O`` bytes received and sent.
"""

from __future__ import annotations

import itertools
import re
import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from perfkit.formats.requests.access.tokens import Column

__all__ = ["Guess", "guesses", "integer_unit"]

_DASH = "-"
_SECONDS = re.compile(r"[0-9]{1,9}\.[0-9]{3,9}(?:(?:, | : |,)(?:[0-9]{1,9}\.[0-9]{3,9}|-))*|-|")
_INTEGER = re.compile(r"[0-9]{1,16}|-")
_HEX_ID = re.compile(r"[0-9a-fA-F]{32}|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|-|")
#: The values of ``$upstream_cache_status``.
_CACHE = re.compile("HIT|MISS|BYPASS|EXPIRED|STALE|UPDATING|REVALIDATED|-|")
_ALL, _MOST = 0.98, 0.95
#: ``GET /`` and a line end.
_SHORTEST_REQUEST = 7
_LEAST_US, _MOST_MS, _LEAST_MS = 20, 60_000, 2


@dataclass(frozen=True)
class Guess:
    """A column's role and unit; ``inferred`` when only its values told them."""

    role: str
    unit: str = ""
    inferred: bool = False


def guesses(columns: Mapping[int, Column], sizes: Sequence[str]) -> dict[int, Guess]:
    """Return what columns without a key are, by their place; ``sizes`` is what was sent."""
    found: dict[int, Guess] = {}
    for place, column in columns.items():
        if _is(column, _CACHE):
            found[place] = Guess("cache_status")
        elif _is(column, _HEX_ID):
            found[place] = Guess("request_id")
    seconds = [place for place, column in columns.items() if _is(column, _SECONDS)]
    if seconds:
        return found | _proxied(columns, seconds)
    integers = {place: column for place, column in columns.items() if _is(column, _INTEGER)}
    return found | _served(integers, sizes)


def _is(column: Column, pattern: re.Pattern[str]) -> bool:
    return (
        any(value not in {"", _DASH} for value in column.values) and column.share(pattern) >= _ALL
    )


def _proxied(columns: Mapping[int, Column], seconds: list[int]) -> dict[int, Guess]:
    """Of two times the whole is the one that is always known, and the longer one."""
    totals = {place: _total(columns[place]) for place in seconds[:2]}
    whole = max(totals, key=lambda place: (totals[place], -place))
    rest = [place for place in totals if place != whole]
    return {whole: Guess("duration", "s", inferred=True)} | {
        place: Guess("upstream", "s", inferred=True) for place in rest
    }


def _total(column: Column) -> tuple[int, float]:
    numbers = [float(value) for value in column.values if re.fullmatch(r"[0-9.]+", value)]
    return -sum(value in {"", _DASH} for value in column.values), sum(numbers)


def _served(integers: Mapping[int, Column], sizes: Sequence[str]) -> dict[int, Guess]:
    places = _without_sizes(integers, sizes)
    numbers = {place: _numbers(integers[place]) for place in places}
    if len(places) == 2:  # noqa: PLR2004 - %T %D, or %D %T
        fine = max(places, key=lambda place: sum(numbers[place]))
        coarse = next(place for place in places if place != fine)
        pairs = zip(numbers[coarse], numbers[fine], strict=False)
        places = [fine] if all(few == many // 1_000_000 for few, many in pairs) else []
    if len(places) != 1:
        return {}
    return {places[0]: Guess("duration", integer_unit(numbers[places[0]]), inferred=True)}


def _without_sizes(integers: Mapping[int, Column], sizes: Sequence[str]) -> list[int]:
    """Leave out ``%I %O``: what was received has a request line, what was sent has the body."""
    sent = [int(size) if size.isdigit() else 0 for size in sizes]
    places = list(integers)
    if not any(sent):
        return places
    for first, second in itertools.pairwise(places):
        received, whole = _numbers(integers[first]), _numbers(integers[second])
        if not len(received) == len(whole) == len(sent):
            continue
        fits = [
            asked >= _SHORTEST_REQUEST and both >= body
            for asked, both, body in zip(received, whole, sent, strict=True)
        ]
        if sum(fits) >= _MOST * len(fits):
            return [place for place in places if place not in {first, second}]
    return places


def _numbers(column: Column) -> list[int]:
    return [int(value) for value in column.values if value.isdigit()]


def integer_unit(values: Sequence[int]) -> str:
    """Return the unit of whole durations, by the small ones, the largest and the median.

    No server answers within 20 microseconds, and hardly any request takes more than a minute.
    """
    ordered = sorted(values) or [0]
    if ordered[len(ordered) // 20] >= _LEAST_US or ordered[-1] > _MOST_MS:
        return "us"
    return "ms" if statistics.median_low(ordered) >= _LEAST_MS else "s"
