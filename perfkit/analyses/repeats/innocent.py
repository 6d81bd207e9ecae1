"""Repeated calls that are no N+1: pages of a list, polling, parts of an upload, fan-outs."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from perfkit.analyses.repeats import url
from perfkit.analyses.repeats.statement_kinds import batched, pages

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from perfkit.analyses.repeats.calls import Calls, Target
    from perfkit.analyses.repeats.saving import Savings

__all__ = ["innocent", "most_common", "repeats_itself", "told"]

#: Calls looked at, of one target by one owner, to see what differs between them.
_LOOKED_AT = 300
#: Nobody waits so long between two calls of a loop unless on purpose (Sentry's N+1 API detector
#: takes calls apart at 15 ms; a person's patience is tried from 100 ms on), ...
_PAUSE_MS = 100.0
#: ... so many times the length of a call, for most of the time.
_PAUSE_CALLS, _PAUSE_SHARE = 3.0, 0.75
#: Calls that run so many at a time have been sent at once, ...
_AT_ONCE = 2.0
#: ... and one call instead of all, which takes as long as the longest of them at least, would
#: save half a call at most (two waves of calls cost a whole one), ...
_WAVE = 0.5
#: ... or less than what is worth reporting by itself and this share of the request (the limits
#: of :func:`perfkit.analyses.n_plus_one_pattern.worth_reporting`).
_LITTLE_MS, _LITTLE = 50.0, 0.1
#: What stands in templates for a value.
_HOLES = {"http": "{", "cache": "{?*<"}
#: A statement without one, sent again and again by a session, asks for one and the same.
_PLACEHOLDER = re.compile(r"\$\d|\?|%s|%\(|:\w|@\w")


def innocent(calls: Calls, rows: NDArray[np.int64], saved: Savings, place: int) -> bool:
    """Say whether the calls of one target by one owner repeat for a good reason."""
    target = calls.targets[calls.target[rows[0]]]
    raw = calls.raw[rows[:_LOOKED_AT]]
    return (
        _asks_again(calls, target, raw, saved, place)
        or _walks(target, raw)
        or _scatters(calls, rows)
        or _all_at_once(calls, rows, target, saved, place)
    )


def _asks_again(
    calls: Calls, target: Target, raw: Sequence[str | None], saved: Savings, place: int
) -> bool:
    """Say whether it is polling: the same is asked for again, most of the time idle."""
    same = repeats_itself(target, raw)
    if same and calls.owners.session is not None and not _PLACEHOLDER.search(raw[0] or ""):
        return True
    if same and (target.kind == "cache" or (target.kind == "http" and not _has_body(target))):
        return True
    pauses = bool(saved.gap[place] >= max(_PAUSE_MS, _PAUSE_CALLS * saved.call[place]))
    return same and pauses and bool(saved.idle[place] >= _PAUSE_SHARE * saved.extent[place])


def _has_body(target: Target) -> bool:
    return (target.url or "").startswith(("POST ", "QUERY "))


def repeats_itself(target: Target, raw: Sequence[str | None]) -> bool:
    """Say whether all calls are one and the same, as far as can be seen.

    A URL or key that came as a template may hide different ones.
    """
    holes = _HOLES.get(target.kind, "")
    if not target.told or any(sign in str(raw[0]) for sign in holes):
        return False
    return len(set(raw)) == 1


def told(calls: Calls, rows: NDArray[np.int64]) -> bool:
    """Say whether it is known that the calls are for different things."""
    target = calls.targets[calls.target[rows[0]]]
    if target.guessed:
        return False
    plain = target.told and target.kind == "http"
    return not repeats_itself(target, calls.raw[rows[:_LOOKED_AT]]) if plain else target.told


def _walks(target: Target, raw: Sequence[str | None]) -> bool:
    if target.kind == "http":
        if not url.numbered(target.url or ""):
            return False
        known = [text for text in raw if text]
        return url.paging(known) or url.uploading(target.url or "", known)
    if target.kind != "sql":
        return False
    return pages(target, raw) or batched(target, raw)


def _scatters(calls: Calls, rows: NDArray[np.int64]) -> bool:
    """Say whether every peer gets the call about once: shards, partitions, replicas."""
    peers, count = calls.peers[rows], int(calls.counts[rows].sum())
    if peers.min() < 0 or peers.min() == peers.max():
        return False
    return 2 * len(np.unique(peers)) >= count


def _all_at_once(
    calls: Calls, rows: NDArray[np.int64], target: Target, saved: Savings, place: int
) -> bool:
    """Say whether calls of a service or a cache were sent together, so that nobody waits for more.

    What counts is how much of the request's wall time one call would save. Statements are
    another matter: each takes a connection.
    """
    covered, longest = float(saved.covered[place]), float(saved.longest[place])
    if target.kind == "sql" or not covered or saved.summed[place] < _AT_ONCE * covered:
        return False
    whole = float(calls.owners.duration_ms[calls.owner[rows[0]]])
    spared = covered - longest
    little = spared < _LITTLE_MS and spared <= _LITTLE * np.nan_to_num(whole)
    return little or spared <= _WAVE * longest


def most_common(names: Iterable[str | None]) -> str | None:
    """Return the name seen most often, of several the first in the alphabet."""
    counted = Counter(name for name in names if name is not None)
    return min(counted, key=lambda name: (-counted[name], name)) if counted else None
