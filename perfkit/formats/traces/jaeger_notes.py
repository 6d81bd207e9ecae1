"""What Jaeger's query service says is wrong with traces, as notes.

Checked: querysvc/adjuster/clockskew.go of jaegertracing/jaeger: clocks are adjusted only as far
as ``max-clock-skew-adjustment`` allows (not at all by default since 1.20); a span whose clock
seems off has a warning that says so in either case.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from perfkit.formats.traces import whole
from perfkit.recording import Note

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from perfkit.formats.model import Parsed

__all__ = ["CUT_OFF", "Counts", "combine", "sampling"]

CUT_OFF = Note(
    kind="truncated", message="the file is cut off: its spans were read as far as they are whole"
)

#: What chunks count besides :data:`.whole.COUNTED` -> what is said of their sum.
_COUNTED = {
    "clock_skew_adjusted": "Jaeger adjusted the times of {:,} spans for clock skew: gaps between "
    "them and their parents are estimates",
    "clock_skew": "Jaeger found the clocks of {:,} spans off and left their times alone: gaps "
    "between them and their parents are not real",
    "trace_warnings": "Jaeger has {:,} other warnings about these traces and their spans",
}

_ADJUSTED = "timestamps were adjusted by"
_SKEWED = "not applying calculated delta"


class Counts(Counter[str]):
    """How often something was met that limits conclusions, by the kind of its note."""

    def warn(self, warnings: Sequence[str] | None) -> None:
        """Count the warnings of one span or trace."""
        for text in warnings or ():
            adjusted, skewed = _ADJUSTED in text, _SKEWED in text
            kind = "clock_skew" if skewed else "trace_warnings"
            self["clock_skew_adjusted" if adjusted else kind] += 1


def sampling(share: float) -> Note:
    """Say which share of the traces was kept."""
    message = (
        f"Jaeger's clients kept {share:.4g} of the traces (sampler.param): counts and rates are "
        "of these alone"
    )
    return Note(kind="sampled", message=message)


def combine(parts: Sequence[Parsed]) -> Parsed:
    """Do as :func:`.whole.combine`, and say what Jaeger said."""
    found = whole.combine(parts)
    return replace(found, notes=(*found.notes, *_notes(parts)))


def _notes(parts: Sequence[Parsed]) -> Iterator[Note]:
    counts: Counter[str] = Counter()
    for part in parts:
        counts.update(part.carry[2])
    for kind, sentence in _COUNTED.items():
        if counts[kind]:
            yield Note(kind=kind, message=sentence.format(counts[kind]))
