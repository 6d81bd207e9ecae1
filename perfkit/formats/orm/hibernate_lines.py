"""Lines in which Hibernate writes statements: by its logger, to standard output, when slow."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit.formats.orm.hibernate_metrics import METRIC
from perfkit.formats.orm.log_lines import SQL_WORD, LogLines, marked_lines, plain_text
from perfkit.formats.orm.log_prefixes import AFTER_NAME, Prefixes
from perfkit.formats.orm.slow_queries import slow_pairs
from perfkit.formats.orm.statement_rows import durations, null_if_empty, queries

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from perfkit.formats.lines import Ints

__all__ = ["SLOW", "Said", "Style", "pairs"]

_STDOUT = r"^(?P<before>)(?P<mark>(?:Hibernate:|\[Hibernate\])(?: |$))"
_LOGGER = (
    rf"^(?P<before>.*?)(?P<mark>\bo(?:rg)?\.h(?:ibernate)?\.SQL\b{AFTER_NAME})"
    rf"(?:{SQL_WORD}|call |\{{|$)"
)
SLOW = (
    r"^(?P<before>.*?)(?P<mark>\b(?:SlowQuery: (?P<old>[0-9]+) milliseconds\. SQL: '"
    r"|Slow query took (?P<new>[0-9]+) milliseconds \[))"
)
#: What connection pools and drivers put before the text of a prepared statement.
_WRAPPED = r"^(?:\S+@[0-9a-f]+ wrapping )?(?:[\w.]*PreparedStatement: |prep[0-9]+: )?"


@dataclass(frozen=True)
class Style:
    """How a log has statements: which patterns count, and what is written twice."""

    statements: tuple[str, ...]
    twice: bool
    slow_twice: bool

    @classmethod
    def of(cls, head: bytes) -> Style:
        """Infer it from the beginning of the log."""
        return _style(head)


@lru_cache(maxsize=16)
def _style(head: bytes) -> Style:
    log = LogLines.of(plain_text(head)[0])
    logged, printed = (len(log.matching(pattern)) for pattern in (_LOGGER, _STDOUT))
    before = log.groups(log.matching(SLOW), SLOW)["before"].to_pylist()
    return Style(
        statements=(_LOGGER,) if logged else (_LOGGER, _STDOUT),
        twice=bool(logged and printed),
        slow_twice=len(set(map(bool, before))) > 1,
    )


@dataclass(frozen=True)
class Said:
    """Statements of one kind in a chunk, in order."""

    first: Ints
    ends: Ints
    text: pa.Array
    ms: pa.Array
    prefixes: Prefixes

    @classmethod
    def read(
        cls, log: LogLines, patterns: Sequence[str], zone: str | None, *, prefixed: bool = False
    ) -> Said:
        """Find what matches one of the patterns; ``prefixed``: only behind a logger's prefix."""
        first = np.unique(np.concatenate([log.matching(pattern) for pattern in patterns]))
        mark = _first_match(log, first, patterns)
        if prefixed:
            wanted = pc.not_equal(mark["before"], "")
            first = first[wanted.to_numpy(zero_copy_only=False)]
            mark = {name: part.filter(wanted) for name, part in mark.items()}
        ends = log.ends(first, but=METRIC)
        skip = pc.add(pc.binary_length(mark["before"]), pc.binary_length(mark["mark"]))
        text = log.bodies(first, skip.to_numpy(zero_copy_only=False), ends)
        ms = pa.nulls(len(first), pa.float64())
        if "old" in mark:
            ms = durations(pc.coalesce(null_if_empty(mark["old"]), mark["new"]))
            text = pc.replace_substring_regex(text, r"['\]]\s*$", "")
            text = pc.replace_substring_regex(text, _WRAPPED, "")
        return cls(first, ends, text, ms, Prefixes.read(mark["before"], zone))

    def rows(self, columns: Mapping[str, Any]) -> pa.Table:
        """Return rows of ``queries``: a slow query has ended when it is logged."""
        shared: dict[str, Any] = {
            "started_at": self.prefixes.started(self.ms),
            "session_id": self.prefixes.sessions(),
            **self.prefixes.traces(),
        }
        return queries(self.text, self.first + 1, {**shared, **columns})

    def used(self, log: LogLines) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """Return which lines these are."""
        return marked_lines(self.first, self.ends, log.count)


def _first_match(log: LogLines, rows: Ints, patterns: Sequence[str]) -> dict[str, pa.Array]:
    found = [log.groups(rows, pattern) for pattern in patterns]
    return {name: pc.coalesce(*(part[name] for part in found)) for name in found[0]}


def pairs(statements: Said, slow: Said) -> Ints:
    """Return for each statement the slow query that tells its duration, or -1."""
    return slow_pairs(statements.text, statements.first, slow.text, slow.first)
