"""Everything that the rules look at, each part found once and only if a rule asks."""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from perfkit.analyses.external.attempts import Attempts, attempts
from perfkit.analyses.external.calls import ExternalCalls, external_calls_of
from perfkit.analyses.external.connections import Connections, connections
from perfkit.analyses.external.naming import names_of
from perfkit.analyses.external.told import RESENT, Told
from perfkit.analyses.repeats.from_spans import Tree
from perfkit.visible import visible

if TYPE_CHECKING:
    from collections.abc import Iterable

    from perfkit.analyses.traces.forest import Forest
    from perfkit.recording import Recording
    from perfkit.span_ids import Ints

__all__ = ["EVIDENCE", "Look"]

EVIDENCE = 3  # rows of a finding's table


class Look:
    """The calls of a recording with what is known about them."""

    def __init__(self, rec: Recording) -> None:
        """Take the spans of a recording."""
        self.rec = rec
        self.tree = Tree(rec.arrow("spans"))
        self.forest: Forest = self.tree.forest
        self.calls: ExternalCalls = external_calls_of(self.tree)

    @cached_property
    def told(self) -> Told:
        """What attributes tell."""
        return Told(self.forest)

    @cached_property
    def connections(self) -> Connections:
        """Which calls opened a connection."""
        return connections(self.calls, self.told)

    @cached_property
    def attempts(self) -> Attempts:
        """Which calls were made again."""
        rows, number = self.told.numbers(RESENT)
        resent = np.zeros(len(self.forest), np.int64)
        resent[rows] = np.minimum(number, 1e6).astype(np.int64)
        return attempts(self.calls, resent[self.calls.row])

    def names(self, rows: Ints) -> list[str]:
        """Return what some spans do: statements as fingerprints, URLs as templates."""
        return names_of(self.forest, rows)

    def name(self, rows: Ints, limit: int = 70) -> str:
        """Return what most of some spans do, fit for a sentence."""
        return visible(most_common(self.names(rows)) or "a call", limit)

    def route(self, places: Ints) -> str:
        """Return the route that makes most of some calls, fit for a sentence."""
        return visible(most_common(self.calls.routes(places)) or "A request", 70)

    def evidence(self, places: Ints, **columns: Any) -> list[dict[str, Any]]:
        """Return the longest of some calls: trace, request, duration; ``columns`` by place."""
        calls = self.calls
        order = np.argsort(-calls.length[places], kind="stable")[:EVIDENCE]
        chosen = places[order]
        traces, routes = calls.traces(chosen), calls.routes(chosen)
        return [
            {
                "trace_id": traces[n],
                "route": visible(routes[n], 70),
                "call_ms": float(calls.length[place] / 1e6),
                **{name: _plain(values[order[n]]) for name, values in columns.items()},
            }
            for n, place in enumerate(chosen.tolist())
        ]

    def keys(self, places: Ints, **more: str | None) -> dict[str, str]:
        """Return what joins a finding on some calls to others."""
        peer = self.calls.peers[int(self.calls.peer[places[0]])].peer
        known = {"peer": peer, "trace_id": self.calls.traces(places[:1])[0]} | more
        return {name: value for name, value in known.items() if value}

    def times(self, places: Ints) -> float:
        """Return how many calls some stand for, because of sampling."""
        return float(self.calls.weight[places].sum())


def _plain(value: Any) -> Any:
    """Return a Python value in the place of NumPy's."""
    return value.item() if isinstance(value, np.generic) else value


def most_common(names: Iterable[str]) -> str | None:
    """Return the name seen most often, of several the first in the alphabet."""
    counted = Counter(names)
    return min(counted, key=lambda name: (-counted[name], name)) if counted else None
