"""TypeORM: ``query: SELECT ... -- PARAMETERS: [1]`` and, above a limit, ``query is slow: ...``.

Verified against TypeORM 1.1 (``logger/``) and its output: statements have no duration, except
those slower than ``maxQueryExecutionTime``, which are logged again when they have ended:
``execution time: 1200`` on the next line, ``[SLOW QUERY: 1200 ms]`` by the file logger.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit.formats.model import Chunk, Format, Parsed, Recognition
from perfkit.formats.orm.log_lines import (
    SQL_WORD,
    LogLines,
    cut_before,
    groups,
    marked_lines,
    plain_text,
)
from perfkit.formats.orm.log_prefixes import Prefixes
from perfkit.formats.orm.slow_queries import divided, mend, slow_pairs
from perfkit.formats.orm.statement_rows import (
    durations,
    null_if_empty,
    parsed,
    queries,
    recognised_by,
)
from perfkit.recording import Note

if TYPE_CHECKING:
    from perfkit.formats.lines import Ints

__all__ = ["FORMAT"]

_START = r"^(?P<before>\[[^\]]*\]|.*\btypeorm:query:(?:log|slow) |)"
_QUERY = rf"{_START}(?P<mark>query: |\[QUERY\]: )\s*(?:{SQL_WORD}|$)"
_SLOW = rf"{_START}(?P<mark>query is slow: |\[SLOW QUERY: (?P<ms>[0-9]+) ms\]: )\s*(?:{SQL_WORD}|$)"
_TIME = r"^(?:.*\btypeorm:query:slow )?execution time: (?P<ms>[0-9]+)$"
_PARAMETERS = r"(?s)^(?P<sql>.*?) -- PARAMETERS: (?P<parameters>.*)$"
_OURS = (
    rf"^(?:.*\btypeorm:query:log )?query: \s*{SQL_WORD}|\]\[QUERY\]: "
    r"|\[SLOW QUERY: [0-9]+ ms\]: |^query is slow: "
)
#: Where the log may be divided: nothing before such a line belongs to anything behind it.
_DIVIDES = r"^(?:[^\n]*\btypeorm:query:log )?query: |\]\[QUERY\]: "
_CUT = re.compile(_DIVIDES.encode(), re.MULTILINE)
_UNTIMED = Note(
    kind="statements_without_duration",
    message="TypeORM logs statements without durations: set maxQueryExecutionTime: 1",
)
_MISSING = 'set logging: ["query"] and maxQueryExecutionTime in the data source'


def recognises(head: bytes) -> Recognition:
    """Recognise the words that TypeORM's loggers put before statements."""
    return recognised_by(_OURS, head, "are of TypeORM", surest=0.97)


def parse(chunk: Chunk) -> Parsed:
    """Parse statements and slow statements; all other lines are irrelevant."""
    data, notes = plain_text(chunk.data)
    log = LogLines.of(data)
    first, first_ends, mark, texts = _read(log, _QUERY)
    slow, slow_ends, slow_mark, slow_texts = _read(log, _SLOW)
    times, took = _times(log, slow_ends)
    ms = pc.coalesce(durations(slow_mark["ms"]), took)
    pair = slow_pairs(_sql(texts), first, _sql(slow_texts), slow)
    prefixes = Prefixes.read(mark["before"], chunk.zone)
    ended = Prefixes.read(slow_mark["before"], chunk.zone)
    own = _rows(texts, first, ms.take(pa.array(pair, mask=pair < 0)), prefixes.started())
    rows, waiting = divided(own, _rows(slow_texts, slow, ms, ended.started(ms)), pair, _UNTIMED)
    used = marked_lines(first, first_ends, log.count) | marked_lines(slow, slow_ends, log.count)
    used[times] = True
    notes += [*prefixes.notes(chunk.zone), *waiting.notes]
    done = parsed(log, {"queries": rows}, used, notes=notes, missing=_MISSING)
    return replace(done, pending=waiting.pending, carry=waiting.carry)


def _read(log: LogLines, pattern: str) -> tuple[Ints, Ints, dict[str, pa.Array], pa.Array]:
    first = log.matching(pattern)
    ends = log.ends(first)
    mark = log.groups(first, pattern)
    skip = pc.add(pc.binary_length(mark["before"]), pc.binary_length(mark["mark"]))
    return first, ends, mark, log.bodies(first, skip.to_numpy(zero_copy_only=False), ends)


def _times(log: LogLines, ends: Ints) -> tuple[Ints, pa.Array]:
    """Return which lines behind slow statements tell their time, and the time.

    Between the two, the debug logger writes the parameters.
    """
    lines = log.matching(_TIME)
    owner = np.searchsorted(ends, lines, side="right") - 1
    began = np.append(ends, 0)[owner]
    divided = np.searchsorted(log.matching(_DIVIDES), [began, lines])
    near = (owner >= 0) & (lines - began <= 1) & (divided[0] == divided[1])
    lines, owner = lines[near], owner[near]
    place = np.full(len(ends), -1)
    place[owner] = lines
    told = log.text.take(pa.array(place, mask=place < 0))
    return lines, durations(groups(told, _TIME)["ms"])


def _sql(texts: pa.Array) -> pa.Array:
    return pc.coalesce(groups(texts, _PARAMETERS)["sql"], texts)


def _rows(texts: pa.Array, first: Ints, ms: pa.Array, started: pa.Array) -> pa.Table:
    columns = {
        "duration_ms": ms,
        "started_at": started,
        "parameters": null_if_empty(groups(texts, _PARAMETERS)["parameters"]),
    }
    return queries(_sql(texts), first + 1, columns)


FORMAT = Format(
    name="typeorm",
    title="TypeORM log",
    recognises=recognises,
    cut=cut_before(_CUT),
    parse=parse,
    mend=mend,
)
