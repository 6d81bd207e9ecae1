"""What kind of work a span's own time is: its category, and which of the usual suspects.

=================== =====================================================================
suspect             own time of
=================== =====================================================================
database            statements and cache commands
external            calls (HTTP, RPC, messages, files, models) to what is not in the trace
between services    calls whose other side is in the trace: the network, queues, retries
blocking            waits for a connection of a pool, or a lock
own code            everything of a service itself; whether it computes, waits or sleeps no
                    span tells
unattributed        own code of a request some of whose spans are missing
=================== =====================================================================
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit.analyses import groups
from perfkit.analyses.traces.entries import kind_is

if TYPE_CHECKING:
    from perfkit.analyses.traces.forest import Forest
    from perfkit.analyses.traces.nested import Nested
    from perfkit.span_ids import Flags, Ints

__all__ = ["SUSPECTS", "UNATTRIBUTED", "Kinds"]

SUSPECTS = (
    "database",
    "external",
    "blocking",
    "own code",
    "between services",
    "unattributed",
)
UNATTRIBUTED = "unattributed"
_DATABASE = ("db", "cache")
_BLOCKING = ("pool", "lock")
_CALLED = ("http", "rpc", "queue", "file", "faas", "ai")


class Kinds:
    """Category and suspect of every row.

    Attributes:
        categories: the names that ``category`` points to.
        category: per row.
        suspect: index into :data:`SUSPECTS`, per row.
    """

    def __init__(self, forest: Forest, nested: Nested) -> None:
        """Look at the spans of some requests."""
        found = groups.encode(_category(forest))
        self.categories = [*(label or "other" for label in found.labels), UNATTRIBUTED]
        self.category: Ints = found.codes.astype(np.int64)
        serving = forest.served | kind_is(forest, "consumer") | (nested.parent < 0)
        own = serving & np.isin(self.category, self._codes(*_CALLED, "other"))
        if own.any():
            self.category[own] = self._app()
        self.suspect = self._suspects(forest, serving)
        code = np.isin(self.category, self._codes("app")) & (nested.parent < 0)
        lost = code & _incomplete(forest, nested)
        self.category[lost] = len(self.categories) - 1
        self.suspect[lost] = SUSPECTS.index(UNATTRIBUTED)

    def _codes(self, *names: str) -> list[int]:
        return [code for code, label in enumerate(self.categories) if label in names]

    def _app(self) -> int:
        if "app" not in self.categories:
            self.categories.insert(len(self.categories) - 1, "app")
        return self.categories.index("app")

    def _suspects(self, forest: Forest, serving: Flags) -> Ints:
        found = np.full(len(forest), SUSPECTS.index("own code"))
        calls = np.isin(self.category, self._codes(*_CALLED)) & ~serving
        calls &= ~kind_is(forest, "internal")
        answered = np.zeros(len(forest), np.bool_)
        below = forest.parent[(forest.served | kind_is(forest, "consumer")) & (forest.parent >= 0)]
        answered[below] = True
        found[calls & ~answered] = SUSPECTS.index("external")
        found[calls & answered] = SUSPECTS.index("between services")
        for name, categories in (("database", _DATABASE), ("blocking", _BLOCKING)):
            found[np.isin(self.category, self._codes(*categories))] = SUSPECTS.index(name)
        return found


def _category(forest: Forest) -> pa.ChunkedArray:
    """Return the category column; of tables without it what can be told from the others."""
    rows = forest.rows
    statement = pc.if_else(rows["statement"].is_valid(), "db", None)
    called = pc.if_else(rows["url"].is_valid(), "http", None)
    served = pc.if_else(pa.array(forest.served), "app", None)
    known = rows["category"].cast(pa.string())
    return pc.coalesce(known, served, statement, called, pa.scalar("other"))


def _incomplete(forest: Forest, nested: Nested) -> Flags:
    """Return the rows of traces that have lost spans between a request and what is below it.

    A span that serves or consumes may well name a caller that exports nothing; any other that
    names a parent which is not there shows that spans of this trace are missing.
    """
    opens = forest.served | kind_is(forest, "consumer") | (nested.entry == np.arange(len(forest)))
    lost = forest.links.missing & ~opens
    return np.isin(forest.trace, forest.trace[lost])
