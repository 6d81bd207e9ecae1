"""What is wrong with traces, in sentences that count spans or traces. NumPy over columns.

They hold for the spans that were looked at: of traces in several recordings only
:mod:`perfkit.span_joining` can tell.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit.recording import Note
from perfkit.self_time import times
from perfkit.span_ids import codes

if TYPE_CHECKING:
    from perfkit.span_ids import Flags, Ints
    from perfkit.span_tree import Links

__all__ = ["KINDS", "implausible_times", "told"]

#: Kinds of the notes of :func:`told`, and what they say.
KINDS = {
    "missing_parents": "{:,} of {:,} spans name a parent that is not in the recording (sampled, "
    "dropped, or in another file): their traces are incomplete",
    "rootless_traces": "{:,} of {:,} traces have no root (their first span is missing): how long "
    "they took in all is unknown",
    "circular_parents": "{:,} of {:,} spans are above themselves: that link was ignored",
    "unknown_durations": "{:,} of {:,} spans have no start or no end, or an end before their "
    "start: how long they took is unknown",
    "clock_skew": "{:,} of {:,} spans lie more than 1 ms outside the call from another service "
    "that they answer: clocks differ, or the caller did not wait",
}

_SKEW_NS = 1_000_000  # clocks that differ by less change no finding (as in analyses/traces)
#: 1 January 2000 and 2100 in nanoseconds: tracing began later, and no clock is so far ahead.
#: Microseconds and milliseconds that are read as nanoseconds are in January 1970.
_FIRST_NS = 946_684_800_000_000_000
_LAST_NS = 4_102_444_800_000_000_000
_IMPLAUSIBLE = (
    "times lie in {}: they are in another unit than the format says (as microseconds"
    " in a field of nanoseconds are), or count from another origin than 1970; all times and"
    " durations may be off by a factor of 1,000 or 1,000,000"
)


def told(spans: pa.Table, links: Links) -> list[Note]:
    """Say what is wrong with the traces, each with a count."""
    start, length, known = times(spans)
    counts = {
        "missing_parents": links.missing,
        "circular_parents": links.circular,
        "unknown_durations": ~known,
        "clock_skew": _outside(spans, links, start, length, known),
    }
    met = {kind: (int(np.count_nonzero(flags)), len(flags)) for kind, flags in counts.items()}
    met["rootless_traces"] = _rootless(spans, links)
    return [
        Note(kind=kind, message=sentence.format(*met[kind]))
        for kind, sentence in KINDS.items()
        if met[kind][0]
    ]


def implausible_times(spans: pa.Table) -> list[Note]:
    """Say when all spans of an input begin before 2000, or all after 2100, as a wrong unit does.

    Starts that are unknown or 0 say nothing. Which unit was meant is not guessed.
    """
    start = pc.fill_null(spans["started_at"].cast(pa.int64()), 0).to_numpy()
    start = start[start != 0]
    if not len(start) or (start.max() >= _FIRST_NS and start.min() < _LAST_NS):
        return []
    year = str(np.datetime64(int(start.max()), "ns").astype("datetime64[Y]"))
    return [Note(kind="implausible_times", message=_IMPLAUSIBLE.format(year))]


def _rootless(spans: pa.Table, links: Links) -> tuple[int, int]:
    """Count the traces in which every topmost span names a parent, and all traces."""
    rooted = links.trace[(links.parent < 0) & ~links.missing]
    named = spans["trace_id"].is_valid().to_numpy()
    traces = np.unique(links.trace[named])
    return int(np.isin(traces, rooted, invert=True).sum()), len(traces)


def _outside(spans: pa.Table, links: Links, start: Ints, length: Ints, known: Flags) -> Flags:
    """Say which spans do not lie within the call that they answer.

    A longer one may only end behind it: whose caller gave up has no other clock. Source: the
    clock skew adjuster of Jaeger's query service; consumers need not lie within anything.
    """
    parent = links.parent
    answers = pc.fill_null(pc.equal(spans["kind"].cast(pa.string()), "server"), fill_value=False)
    rows = np.flatnonzero((parent >= 0) & known & known[parent] & answers.to_numpy())
    above = parent[rows]
    late = start[rows] + length[rows] - start[above] - length[above] > _SKEW_NS
    outside = (start[above] - start[rows] > _SKEW_NS) | (late & (length[rows] <= length[above]))
    rows, above = rows[outside], above[outside]
    found = np.zeros(len(parent), np.bool_)
    if len(rows):
        (service,) = codes(spans["service"])
        found[rows[service[rows] != service[above]]] = True
    return found
