"""Calls made again because they failed: chains of attempts within one request."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from perfkit.analyses import groups
from perfkit.analyses.repeats.calls import numbered

if TYPE_CHECKING:
    from perfkit.analyses.external.calls import ExternalCalls
    from perfkit.span_ids import Flags, Ints

__all__ = ["Attempts", "attempts"]

_COLUMNS = ("name", "statement", "url")


@dataclass(frozen=True, kw_only=True)
class Attempts:
    """Calls in order of what they ask for and time.

    Attributes:
        place: of the call.
        again: it follows a failed attempt at the same in the same request, which was over.
        retry: the same, or the span says itself that it is no first attempt.
        chain: number of the chain of attempts; a call that is tried once is alone in its own.
        asked: number of what is asked for, by which request.
    """

    place: Ints
    again: Flags
    retry: Flags
    chain: Ints
    asked: Ints

    def __len__(self) -> int:
        """Return the number of calls."""
        return len(self.place)

    @cached_property
    def size(self) -> Ints:
        """Return the number of attempts of each chain."""
        return np.bincount(self.chain, minlength=1)

    def chains(self, chosen: Flags) -> list[Ints]:
        """Return the places of each chain, in order of time; ``chosen``: flags by chain."""
        mine = np.flatnonzero(chosen[self.chain]) if len(self) else self.chain
        if not len(mine):
            return []
        ends = np.flatnonzero(np.diff(self.chain[mine])) + 1
        return np.split(self.place[mine], ends)

    @cached_property
    def alone(self) -> Flags:
        """Return for each chain whether nothing else in the request asks for the same."""
        first = np.flatnonzero(np.append(True, np.diff(self.chain) > 0)[: len(self)])
        found: Flags = np.bincount(self.asked)[self.asked[first]] == self.size[: len(first)]
        return found


def attempts(calls: ExternalCalls, resent: Ints) -> Attempts:
    """Return the attempts; ``resent``: what the spans themselves count, 0 where they do not.

    The same is asked for if peer, name, statement and URL are equal as they were sent. Where the
    body alone differs (a POST per item of a list), a failed item looks like an attempt: the rules
    ask for more than one failure in a row.
    """
    key = _asked(calls)
    order = np.lexsort((calls.end, calls.start, key))
    key = key[order]
    same = np.append(False, key[1:] == key[:-1])
    before = np.roll(order, 1)
    over = calls.start[order] >= calls.end[before]
    again = same & over & calls.failed[before] & calls.single[order]
    again |= same & over & (resent[order] > 0)
    retry = again | (resent[order] > 0)
    return Attempts(place=order, again=again, retry=retry, chain=np.cumsum(~again) - 1, asked=key)


def _asked(calls: ExternalCalls) -> Ints:
    picked = calls.forest.rows.select(list(_COLUMNS)).take(pa.array(calls.row))
    codes = [groups.encode(picked[name]).codes.astype(np.int64) for name in _COLUMNS]
    found, _ = numbered(calls.owner, calls.peer, *codes)
    return found
