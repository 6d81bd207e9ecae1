"""What the children of a span are: calls it waits for, wrappers of calls, own work, or noise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from perfkit.analyses.traces.forest import Forest
    from perfkit.span_ids import Flags, Ints

__all__ = ["Steps", "calls", "latest_before"]

_CALLED = pa.array(["http", "rpc", "db", "cache", "queue"])
# Parts of a call that some instrumentations show beside it (Node's net and dns, Go's httptrace).
_PARTS = r"(?i)(^|[^a-z])(dns|tcp|tls|ssl|connect|handshake|socket|http (send|receive))([^a-z]|$)"
#: An internal span that waits for calls that much of its time is one wait; otherwise it works.
_WAITING = 0.8
#: Own work that took less proves nothing about the calls around it.
_WORK_NS = 1_000_000
#: Levels of spans between a wrapper and the calls it waits for.
_LEVELS = 8
# Longer spans are batch jobs and streams. 2**40 ns are 18 minutes; times below a million such
# spans then fit into one integer.
_LONGEST_NS = 1 << 40


class Steps:
    """The children of spans that are no calls themselves, by parent and time.

    Arrays of one length. ``begin`` and ``end`` are nanoseconds since the start of the parent
    (``container``), within it; ``waits``: a call, or an internal span that waits for calls nearly
    all the time; ``wraps``: the latter.
    """

    def __init__(self, forest: Forest) -> None:
        """Collect the steps of all spans."""
        self.forest = forest
        call = calls(forest)
        parent = forest.parent
        own = np.maximum(parent, 0)
        inside = (parent >= 0) & forest.timed & forest.timed[own] & ~call[own]
        inside &= (forest.length[own] < _LONGEST_NS) & ~_parts(forest)
        covered = _covered(forest, call)
        wraps = ~call & (covered > 0) & (covered >= _WAITING * forest.length)
        inside &= call | wraps | (forest.length >= _WORK_NS)
        row = np.flatnonzero(inside)
        above = parent[row]
        begin, end = (
            np.clip(edge[row] - forest.start[above], 0, forest.length[above])
            for edge in (forest.start, forest.end)
        )
        order = np.lexsort((end, begin, above))
        order = order[(end > begin)[order]]
        self.row: Ints = row[order]
        self.container: Ints = above[order]
        self.begin: Ints = begin[order]
        self.end: Ints = end[order]
        self.wraps: Flags = wraps[self.row]
        self.waits: Flags = self.wraps | call[self.row]
        self.call: Flags = call

    def __len__(self) -> int:
        """Return the number of steps."""
        return len(self.row)


def calls(forest: Forest) -> Flags:
    """Say which spans are calls to something outside of their process.

    Clients and producers, what has a category of calls and names what it calls, and the server
    half of another service whose client half is not there.
    """
    rows = forest.rows
    kind = rows["kind"].cast(pa.string())
    sends = _flags(pc.is_in(kind, value_set=pa.array(["client", "producer"])))
    named = np.zeros(len(forest), np.bool_)
    for column in ("statement", "url", "peer"):
        named |= rows[column].is_valid().to_numpy()
    unclear = _flags(pc.or_kleene(pc.is_null(kind), pc.equal(kind, "internal")))
    called = _flags(pc.is_in(rows["category"].cast(pa.string()), value_set=_CALLED))
    found = (sends | (unclear & called & named)) & ~forest.served
    return found | _foreign(forest, found)


def latest_before(group: Ints, end: Ints) -> Ints:
    """Return the latest ``end`` (0 to 2**40) of the earlier rows of the same group; 0 at the first.

    Rows of a group are neighbours; groups are numbered upwards.
    """
    lifted = end + (group << 40)
    highest = np.maximum.accumulate(lifted)
    before = np.concatenate(([0], highest[:-1])) if len(end) else highest
    found: Ints = np.maximum(before - (group << 40), 0)
    return found


def _foreign(forest: Forest, found: Flags) -> Flags:
    """Return server spans of another service than their parent's, which is no call."""
    above = np.maximum(forest.parent, 0)
    served = forest.served & (forest.parent >= 0) & ~found[above]
    rows = np.flatnonzero(served)
    service = forest.rows["service"].cast(pa.string())
    differs = pc.not_equal(service.take(pa.array(rows)), service.take(pa.array(above[rows])))
    mask = np.zeros(len(forest), np.bool_)
    mask[rows] = _flags(differs)
    return mask


def _parts(forest: Forest) -> Flags:
    """Return spans that are part of a call beside them: a connection, a look-up of a name."""
    rows = forest.rows
    pool = _flags(pc.equal(rows["category"].cast(pa.string()), "pool"))
    unnamed = ~(rows["statement"].is_valid().to_numpy() | rows["url"].is_valid().to_numpy())
    names = rows["name"].cast(pa.string()).combine_chunks().dictionary_encode()
    part = pc.match_substring_regex(names.dictionary, _PARTS)
    found: Flags = pool | (unnamed & _flags(part.take(names.indices)) & ~forest.served)
    return found


def _covered(forest: Forest, call: Flags) -> Ints:
    """Return how long calls ran below each span (their sum, if that is less than it took)."""
    total = np.zeros(len(forest), np.int64)
    parent = forest.parent
    row = np.flatnonzero(call & (parent >= 0))
    row = row[~call[parent[row]]]
    at = parent[row]
    for _ in range(_LEVELS):
        np.add.at(total, at, forest.length[row])
        on = (parent[at] >= 0) & ~forest.served[at]
        row, at = row[on], parent[at[on]]
        free = ~call[at]
        row, at = row[free], at[free]
    return np.minimum(total, forest.length)


def _flags(values: Any) -> Flags:
    found: Flags = pc.fill_null(values, fill_value=False).to_numpy(zero_copy_only=False)
    return found
