"""Hibernate: ``Hibernate: select ...``, the loggers of SQL, of bindings and of slow queries.

From the source of Hibernate (``SqlStatementLogger``, ``JdbcBindingLogging``,
``StatisticalLoggingSessionEventListener``): statements have no duration, except those slower
than ``hibernate.log_slow_query`` (``SlowQuery: 12 milliseconds. SQL: '...'``, since 7.0
``Slow query took 12 milliseconds [...]``), which are logged again when they have ended. With
``show_sql`` and the logger ``org.hibernate.SQL`` every statement is written twice and counted
once. Session statistics become ``metrics``.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from perfkit.formats.model import Chunk, Format, Parsed, Recognition
from perfkit.formats.orm.hibernate_lines import SLOW, Said, Style, pairs
from perfkit.formats.orm.hibernate_metrics import session_metrics
from perfkit.formats.orm.log_lines import SQL_WORD, LogLines, cut_before, plain_text
from perfkit.formats.orm.slow_queries import divided, mend
from perfkit.formats.orm.statement_rows import parsed, recognised_by
from perfkit.recording import Note

if TYPE_CHECKING:
    from perfkit.formats.lines import Ints

__all__ = ["FORMAT"]

_BINDING = (
    r"\bbinding parameter (?P<bound>\([0-9]+:\w+\) <- \[.*\]|\[[0-9]+\] as \[\w+\] - \[.*\])\s*$"
)
_OURS = (
    rf"^\[?Hibernate(?:: |\] )\s*(?:{SQL_WORD}|$)|^\[?Hibernate[\]:] *$"
    r"|\bo(?:rg)?\.h(?:ibernate)?\.SQL\b"
    r"|\bSlowQuery: [0-9]+ milliseconds\. SQL: '|\bSlow query took [0-9]+ milliseconds \["
    r"|\bSession Metrics \{$|^\s+[0-9]+ nanoseconds spent [a-z]+ [0-9]+ (?:JDBC|L2C|flushes)"
)
_UNTIMED = Note(
    kind="statements_without_duration",
    message="Hibernate logs statements without durations: set hibernate.log_slow_query=1, or "
    "put p6spy between Hibernate and the driver",
)
_TWICE = Note(
    kind="duplicated_lines",
    message="Hibernate wrote every statement to its logger and to standard output (show_sql); "
    "each was counted once",
)
#: Where the log may be divided: before the first of these that it has at all.
_DIVIDES = (
    r"\bo(?:rg)?\.h(?:ibernate)?\.SQL\b",
    r"^\[?Hibernate[\]:]",
    r"\bSlowQuery: [0-9]+ mill|\bSlow query took [0-9]+ mill",
    r"Session Metrics \{",
)
_CUTS = tuple(re.compile(mark.encode(), re.MULTILINE) for mark in _DIVIDES)
_MISSING = "set hibernate.show_sql=true or the logger org.hibernate.SQL to DEBUG"


def recognises(head: bytes) -> Recognition:
    """Recognise what Hibernate's loggers and ``show_sql`` write."""
    return recognised_by(_OURS, head, "are of Hibernate", surest=0.97)


def parse(chunk: Chunk) -> Parsed:
    """Parse statements, slow queries, bindings and session metrics."""
    data, notes = plain_text(chunk.data)
    log = LogLines.of(data)
    style = Style.of(chunk.head)
    statements = Said.read(log, style.statements, chunk.zone)
    slow = Said.read(log, [SLOW], chunk.zone, prefixed=style.slow_twice)
    pair = pairs(statements, slow)
    metrics, metric_lines, metric_times = session_metrics(log, chunk.zone, but="|".join(_DIVIDES))
    parameters, bound = _bindings(log, statements.first)
    own = statements.rows({"duration_ms": _picked(slow.ms, pair), "parameters": parameters})
    rows, waiting = divided(own, slow.rows({"duration_ms": slow.ms}), pair, _UNTIMED)
    used = statements.used(log) | slow.used(log)
    used[bound] = True
    used[metric_lines] = True
    for prefixes in (statements.prefixes, slow.prefixes, metric_times):
        notes += prefixes.notes(chunk.zone)
    notes += [*waiting.notes] + [_TWICE] * style.twice
    found = {"queries": rows, "metrics": metrics}
    done = parsed(log, found, used, notes=list(dict.fromkeys(notes)), missing=_MISSING)
    return replace(done, pending=waiting.pending, carry=waiting.carry)


def _picked(ms: pa.Array, pair: Ints) -> pa.Array:
    return ms.take(pa.array(pair, mask=pair < 0))


def _bindings(log: LogLines, first: Ints) -> tuple[pa.Array, Ints]:
    """Return each statement's bound values, and the lines they are from."""
    rows = log.matching(_BINDING)
    owner = np.searchsorted(first, rows) - 1
    rows, owner = rows[owner >= 0], owner[owner >= 0]
    values: dict[int, list[str]] = {}
    texts = log.groups(rows, _BINDING)["bound"].to_pylist()
    for place, text in zip(owner.tolist(), texts, strict=True):
        values.setdefault(place, []).append(text)
    joined = [", ".join(values[at]) if at in values else None for at in range(len(first))]
    return pa.array(joined, pa.string()), rows


def cut(data: bytes) -> int:
    """Return where the last statement begins: what is said of it later stays with it."""
    mark = next((mark for mark in _CUTS if mark.search(data)), _CUTS[0])
    return cut_before(mark)(data)


FORMAT = Format(
    name="hibernate",
    title="Hibernate log",
    recognises=recognises,
    cut=cut,
    parse=parse,
    mend=mend,
)
