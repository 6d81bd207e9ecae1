"""What stands out in a digest: one file per kind of evidence, thresholds with their sources."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfkit.analyses.digests.rules import events, locks, repeats, sessions, texts, trend

if TYPE_CHECKING:
    from perfkit.analyses.digests.rules.seen import Seen
    from perfkit.results import Finding

__all__ = ["CHECKED", "further"]

_RULES = (
    *(repeats.repeated, trend.growing, events.spilling, locks.blocked, locks.deadlocked),
    *(texts.wide, texts.far_offset, texts.endless, events.checkpoints, events.vacuums),
    *(sessions.idle_in_transaction, sessions.failing, sessions.churning),
)
CHECKED = (
    "runs of one quick statement in one session",
    "statements whose mean rises steadily",
    "temporary files, lock waits and deadlocks, checkpoints, autovacuum",
    "select * and large offsets, statements without any time limit",
    "errors, idle transactions, new connections all the time",
)


def further(seen: Seen) -> list[Finding]:
    """Return what stands out beyond the rows of the digest themselves."""
    return [finding for rule in _RULES for finding in rule(seen)]
