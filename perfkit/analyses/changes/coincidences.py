"""What else happened when latency changed: named, never blamed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit import units
from perfkit.visible import visible

if TYPE_CHECKING:
    from perfkit.recording import Recording

__all__ = ["Happened", "coinciding", "happened"]

#: What follows a deploy shows within so long, or within this share of the recording.
_AFTER_NS, _AFTER_SHARE = 300_000_000_000, 0.05
#: What happens so often that one in five windows like this holds one by chance tells nothing.
_BY_CHANCE = 0.2
_TITLE = 60
_SAME_NS = 1_000_000


@dataclass(frozen=True, kw_only=True)
class Happened:
    """Events by kind: times in ns since 1970, ascending, and what each one says."""

    kinds: dict[str, tuple[np.ndarray, list[str | None]]]
    span: int


def happened(rec: Recording, span: int) -> Happened:
    """Return the dated events of a recording whose requests last ``span`` ns."""
    events = rec.arrow("events", ["at", "kind", "message"])
    events = events.filter(pc.and_(events["at"].is_valid(), events["kind"].is_valid()))
    events = events.sort_by("at")
    kinds = {}
    for kind in pc.unique(events["kind"].cast(pa.string())).to_pylist():
        rows = events.filter(pc.equal(events["kind"].cast(pa.string()), kind))
        kinds[kind] = rows["at"].cast(pa.int64()).to_numpy(), rows["message"].to_pylist()
    return Happened(kinds=kinds, span=max(span, 1))


def coinciding(known: Happened, at: int, low: int, high: int) -> list[tuple[str, str, int]]:
    """Return kind, sentence part and time of what happened in or shortly before an interval.

    Deploys come first, then the rarest kinds. What happens all the time is left out.
    """
    margin = min(_AFTER_NS, int(_AFTER_SHARE * known.span))
    found = []
    for kind, (times, _) in known.kinds.items():
        first, last = np.searchsorted(times, (low - margin, high + 1))
        often = len(times) * (high - low + margin) / known.span
        if first == last or (kind != "deploy" and often > _BY_CHANCE):
            continue
        inside = np.arange(first, last)
        nearest = int(inside[np.argmin(np.abs(times[inside] - at))])
        found.append((kind != "deploy", len(times), kind, nearest))
    return [
        (
            kind,
            _said(kind, known.kinds[kind][1][one], at - int(known.kinds[kind][0][one])),
            int(known.kinds[kind][0][one]),
        )
        for _, _, kind, one in sorted(found)
    ]


def _said(kind: str, message: str | None, after: int) -> str:
    """Return ``2 min 0 s after deploy 841``."""
    what = kind.replace("_", " ")
    if message:
        text = visible(message, _TITLE)
        what = text if text.lower().startswith(what) else f"{what} ({text})"
    if abs(after) < _SAME_NS:
        return f"at the time of {what}"
    return f"{units.format_ms(abs(after) / 1e6)} {'after' if after > 0 else 'before'} {what}"
