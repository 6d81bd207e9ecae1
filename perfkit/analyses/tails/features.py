"""What may distinguish slow requests: values of attributes, numbers, spans below them.

An identifier distinguishes every request from every other and explains nothing, and a duration
is only another name for being slow: neither becomes a feature.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from perfkit.visible import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from perfkit.analyses.tails.observed import Observed

__all__ = ["Feature", "of_attributes", "of_columns", "of_numbers", "of_time"]

Floats = np.ndarray[Any, np.dtype[np.float64]]
Flags = np.ndarray[Any, np.dtype[np.bool_]]

#: Values of one attribute that are looked at, the most frequent first (Elastic's TERMS_SIZE).
MOST_VALUES = 20
#: Attributes that are looked at, those that most requests have first.
MOST_NAMES = 300
#: An attribute with so many different values per request is an identifier.
IDENTIFIER = 0.5
#: So many requests must have a value.
FEWEST = 10
#: Numbers with no more different values than this are compared as values.
FEW_NUMBERS = 8
#: The largest tenth of a number counts as a value: what only very large ones do to a request
#: hardly moves the ranks of all.
LARGE = 0.9
_LONGEST = 200
#: Parts of the time in which the requests were recorded.
PARTS = 12

# Names of what is measured when a request ends, of moments, and of ids that some values repeat.
_NO_FEATURE = re.compile(
    r"(?:^|[._-])(?:duration|elapsed|latency|took|time|timestamp|date|start|end|ts|us|ns|ms|seconds?"
    r"|response_?time|process_?time|runtime|traceparent|tracestate|start_?time|end_?time"
    r"|thread[._-]?(?:id|name)|port|pid|uuid|guid)$"
    r"|_(?:ms|us|ns|seconds?|secs?)$|(?:trace|span|parent|request|correlation|event)[._-]?id$"
    r"|(?:^|[._-])_?(?:sampling|dd[._-]p|dd[._-]agent|top_level|sample_?rate)|^duration|durationMs$",
    re.IGNORECASE,
)


@dataclass(frozen=True, kw_only=True, eq=False)
class Feature:
    """One thing that requests have or have not; ``numbers``: how much of it, unknown is NaN."""

    name: str
    value: str | None
    kind: str  # attribute, number, structure, period
    has: Flags
    numbers: Floats | None = None


def of_attributes(seen: Observed) -> list[Feature]:
    """Return the values that attributes of the requests take, and their numbers."""
    columns: defaultdict[str, list[tuple[int, Any]]] = defaultdict(list)
    for place, said in enumerate(seen.attributes):
        for name, value in said.items():
            if isinstance(value, str | bool | int | float):
                columns[name].append((place, value))
    return of_columns(columns, len(seen))


def of_columns(columns: Mapping[str, Sequence[tuple[int, Any]]], count: int) -> list[Feature]:
    """Return the values and numbers of columns: pairs of a request (of ``count``) and a value."""
    by_use = sorted(columns, key=lambda name: (-len(columns[name]), name))
    chosen = [name for name in by_use if not _NO_FEATURE.search(name)][:MOST_NAMES]
    return [one for name in chosen for one in _of_column(name, columns[name], count)]


def _of_column(name: str, pairs: Sequence[tuple[int, Any]], count: int) -> Iterator[Feature]:
    if len(pairs) < FEWEST:
        return
    texts = Counter(_text(value) for _, value in pairs)
    numeric = all(isinstance(v, int | float) and not isinstance(v, bool) for _, v in pairs)
    if numeric and len(texts) > FEW_NUMBERS:
        yield from _as_number(name, pairs, count)
        return
    if len(texts) > IDENTIFIER * len(pairs):
        return
    places: defaultdict[str, list[int]] = defaultdict(list)
    for place, value in pairs:
        places[_text(value)].append(place)
    for text, times in sorted(texts.items(), key=lambda item: (-item[1], item[0]))[:MOST_VALUES]:
        if FEWEST <= times < count:
            yield Feature(name=name, value=text, kind="attribute", has=_flags(places[text], count))


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return visible(str(value), _LONGEST)


def _flags(places: Sequence[int], count: int) -> Flags:
    found = np.zeros(count, np.bool_)
    found[places] = True
    return found


def _as_number(name: str, pairs: Sequence[tuple[int, Any]], count: int) -> Iterator[Feature]:
    numbers = np.full(count, np.nan)
    for place, value in pairs:
        numbers[place] = float(value) if abs(value) < 1e300 else np.nan  # noqa: PLR2004 - a float
    if name.lower().rstrip("_").endswith("id") or _looks_like_ids(numbers):
        return
    if (~np.isnan(numbers)).sum() < FEWEST:
        return
    yield Feature(name=name, value=None, kind="number", has=~np.isnan(numbers), numbers=numbers)
    limit = float(np.nanquantile(numbers, LARGE))
    large = numbers >= limit  # unknown is not
    if FEWEST <= large.sum() < count / 2:
        yield Feature(name=name, value=f"{limit:,.6g} or more", kind="number", has=large)


def _looks_like_ids(numbers: Floats) -> bool:
    """Say whether large whole numbers hardly ever repeat: keys, not quantities."""
    known = numbers[~np.isnan(numbers)]
    whole = known.size and (known == np.rint(known)).all()
    return bool(whole and known.min() > 1e6 and len(np.unique(known)) > 0.9 * known.size)  # noqa: PLR2004


def of_numbers(counts: Mapping[str, Floats]) -> list[Feature]:
    """Return numbers that are known for all requests, where they are not all the same."""
    return [
        Feature(name=name, value=None, kind="number", has=values > 0, numbers=values)
        for name, values in counts.items()
        if len(values) and values.min() < values.max()
    ]


def of_time(seen: Observed) -> list[Feature]:
    """Return the parts of the recording in which requests began."""
    first, last = int(seen.started.min()), int(seen.started.max())
    if last - first < PARTS:
        return []
    step = (last - first) // PARTS + 1
    part = (seen.started - first) // step
    edges = [*(first + step * n for n in range(PARTS)), last]
    return [
        Feature(name="started", value=_period(edges[n], edges[n + 1]), kind="period", has=part == n)
        for n in range(PARTS)
        if FEWEST <= (part == n).sum() < len(seen)
    ]


def _period(begin: int, end: int) -> str:
    low, high = np.datetime64(begin, "ns"), np.datetime64(end, "ns")
    return f"{np.datetime_as_string(low, 's')} to {np.datetime_as_string(high, 's')[11:]}".replace(
        "T", " "
    )
