"""What limits conclusions from trace events, in sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfkit.recording import Note
from perfkit.trace_faults import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["left_out", "of_spans"]

#: Phases of the Trace Event Format that say something which no table has a place for.
_PHASES = {
    "counters": "C",
    "instants": "iIRn",
    "flows": "stf",
    "samples": "P",
    "objects": "NOD",
    "memory dumps": "vV",
    "steps of asynchronous events": "Tp",
    "clock and context events": "c(),",
}
_SENTENCES = {
    "unknown_durations": KINDS["unknown_durations"],
    "unfinished": "{:,} of {:,} events began and never ended (the trace stopped before, or the "
    "end was lost): how long they took is unknown",
    "unbegun": "{:,} ends are of nothing that began (the trace started later): they are left out",
    "overlaps": "{:,} of {:,} events overlap another one of their thread without lying within it, "
    "which the format does not allow: such a pair is not seen as caller and called",
}
_NO_LOSS = "M"
_OTHERS = "events of unknown phases"


def left_out(met: Mapping[str, int]) -> Iterator[Note]:
    """Say what events are no spans, per kind."""
    kinds = {letter: kind for kind, letters in _PHASES.items() for letter in letters}
    counts: dict[str, int] = {}
    for letter, count in met.items():
        if letter not in _NO_LOSS:
            kind = kinds.get(letter, _OTHERS)
            counts[kind] = counts.get(kind, 0) + count
    if counts:
        told = ", ".join(f"{count:,} {kind}" for kind, count in sorted(counts.items()))
        yield Note(kind="not_spans", message=f"events that are no spans were left out: {told}")


def of_spans(
    total: int, *, unknown: int, unfinished: int, unbegun: int, overlaps: int
) -> Iterator[Note]:
    """Say what is wrong with spans."""
    counts = {
        "unknown_durations": unknown,
        "unfinished": unfinished,
        "unbegun": unbegun,
        "overlaps": overlaps,
    }
    for kind, count in counts.items():
        if count:
            yield Note(kind=kind, message=_SENTENCES[kind].format(count, total))
