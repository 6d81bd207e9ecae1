"""Sequelize: ``Executing (default): SQL`` and, with benchmark, ``Executed (default): SQL ...``.

Verified against Sequelize 6.37 (``dialects/abstract/query.js``, ``sequelize.js``) and its
output: ``Executing`` is written before a statement runs and has no duration; ``Executed``
(``benchmark: true``) ends with ``Elapsed time: 5ms`` when ``console.log`` prints it. A function
of one's own is given the milliseconds as a second argument and often prints them behind the
statement. The debug namespace ``sequelize:sql`` writes both lines, which are counted once.
In parentheses is the transaction or ``default``.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

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
from perfkit.formats.orm.log_prefixes import NO_TIME, Prefixes
from perfkit.formats.orm.statement_rows import durations, null_if_empty, parsed, queries, recognised
from perfkit.recording import Note

if TYPE_CHECKING:
    from perfkit.formats.lines import Ints

__all__ = ["FORMAT"]

_UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_MARK = (
    rf"^(?P<before>.*?)(?P<mark>\b(?P<verb>Execut(?:ing|ed)) \((?P<session>default|{_UUID})\): )"
    rf"\s*(?:{SQL_WORD}|$)"
)
_BYTES = re.compile(
    rb"\b(Execut(?:ing|ed)) \((?:default|" + _UUID.encode() + rb")\): ([^\n]*)(?=\n|\Z)"
)
#: Behind the statement: Sequelize's own words; a number in parentheses, or a bare one.
_ELAPSED = r"(?s)^(?P<sql>.*?)[,;]? Elapsed time: (?P<ms>[0-9]+) ?ms$"
_OWN = r"(?s)^(?P<sql>.*?) (?:\((?P<a>[0-9.]+) ?ms\)|(?P<b>[0-9.]+) ?ms|(?P<c>[0-9]+))$"
_OWN_LINE = re.compile(rb" (?:\([0-9.]+ ?ms\)|[0-9.]+ ?ms|[0-9]+)$")
#: A first line of several has no number behind it.
_MOST = 0.8
_DEBUG_GAP = r" \+[0-9.]+(?:ms|s|m|h)$"
#: ``debug`` repeats its namespace on every line of a coloured message.
_DEBUG_LINE = r"\n +sequelize:sql:\w+ "
#: With logQueryParameters: true.
_PARAMETERS = r"^(?P<sql>[^;]*(?:\$1|\?)[^;]*); (?P<parameters>\S(?s:.*))$"
_UNTIMED = Note(
    kind="statements_without_duration",
    message="Sequelize logged statements without durations: set benchmark: true",
)
_MISSING = "create Sequelize with logging: console.log and benchmark: true"


def recognises(head: bytes) -> Recognition:
    """Recognise the words before statements."""
    plain, _ = plain_text(head)
    found = sum(bool(_is_sql(item[2])) for item in _BYTES.finditer(plain))
    return recognised(found, plain, "are of Sequelize")


def parse(chunk: Chunk) -> Parsed:
    """Parse the statements; all other lines are irrelevant."""
    data, notes = plain_text(chunk.data)
    log = LogLines.of(data)
    first = log.matching(_MARK)
    ends = log.ends(first)
    mark = log.groups(first, _MARK)
    skip = pc.add(pc.binary_length(mark["before"]), pc.binary_length(mark["mark"]))
    bodies = log.bodies(first, skip.to_numpy(zero_copy_only=False), ends)
    bodies = pc.replace_substring_regex(pc.utf8_rtrim_whitespace(bodies), _DEBUG_GAP, "")
    bodies = pc.replace_substring_regex(bodies, _DEBUG_LINE, "\n")
    both, numbers = _style(chunk.head)
    executed = pc.equal(mark["verb"], "Executed")
    sql, ms = _split(bodies, executed, numbers=numbers)
    prefixes = Prefixes.read(mark["before"], chunk.zone)
    columns = {"duration_ms": ms, "started_at": prefixes.started(ms)} | _names(mark, prefixes)
    if both:
        paired = _pairs(sql, executed, prefixes)
        columns |= {"duration_ms": paired, "started_at": prefixes.started(paired)}
    bound = groups(sql, _PARAMETERS)
    columns["parameters"] = bound["parameters"]
    rows = queries(pc.coalesce(bound["sql"], sql), first + 1, columns)
    keep = executed if both else pa.array(np.ones(len(first), np.bool_))
    kept = keep.to_numpy(zero_copy_only=False)
    rows = rows.filter(keep)
    notes += prefixes.notes(chunk.zone) + [_UNTIMED] * bool(rows["duration_ms"].null_count)
    used = marked_lines(first[kept], ends[kept], log.count)
    return parsed(log, {"queries": rows}, used, notes=notes, missing=_MISSING)


def _names(mark: dict[str, pa.Array], prefixes: Prefixes) -> dict[str, Any]:
    session = pc.if_else(pc.equal(mark["session"], "default"), None, mark["session"])
    return {"session_id": pc.coalesce(session, prefixes.sessions()), **prefixes.traces()}


def _is_sql(text: bytes) -> bool:
    return re.match(SQL_WORD.encode(), text.lstrip()) is not None or not text.strip()


@lru_cache(maxsize=16)
def _style(head: bytes) -> tuple[bool, bool]:
    """Say whether statements are written before and after, and whether numbers follow them."""
    found = _BYTES.findall(plain_text(head)[0])
    verbs = {verb for verb, _ in found}
    after = [text for verb, text in found if verb == b"Executed"]
    return len(verbs) > 1, bool(after) and _mostly(after)


def _mostly(texts: list[bytes]) -> bool:
    return sum(bool(_OWN_LINE.search(text)) for text in texts) >= _MOST * len(texts)


def _split(bodies: pa.Array, executed: pa.Array, *, numbers: bool) -> tuple[pa.Array, pa.Array]:
    """Return statements and milliseconds."""
    found = groups(bodies, _ELAPSED)
    sql, ms = pc.coalesce(found["sql"], bodies), durations(found["ms"])
    if numbers:
        own = groups(sql, _OWN)
        there = pc.and_(executed, pc.and_(pc.is_valid(own["sql"]), pc.is_null(ms)))
        number = pc.coalesce(*(null_if_empty(own[name]) for name in "abc"))
        ms = pc.if_else(there, durations(number), ms)
        sql = pc.if_else(there, own["sql"], sql)
    return sql, ms


def _pairs(sql: pa.Array, executed: pa.Array, prefixes: Prefixes) -> pa.Array:
    """Return how long after ``Executing`` the same statement's ``Executed`` was written."""
    done = executed.to_numpy(zero_copy_only=False)
    codes: Ints = sql.dictionary_encode().indices.to_numpy(zero_copy_only=False)
    ns = prefixes.ns
    pair = np.zeros(len(done), np.bool_)
    pair[1:] = done[1:] & ~done[:-1] & (codes[1:] == codes[:-1])
    pair[1:] &= (ns[1:] != NO_TIME) & (ns[:-1] != NO_TIME) & (ns[1:] >= ns[:-1])
    earlier = np.where(pair, np.roll(ns, 1), 0)
    return pa.array((np.where(pair, ns, 0) - earlier) / 1e6, mask=~pair)


_BEFORE = re.compile(rb"\bExecuting \((?:default|[0-9a-f]{8}-)")
_AFTER = re.compile(rb"\bExecuted \((?:default|[0-9a-f]{8}-)")


def cut(data: bytes) -> int:
    """Return where the last statement begins: never between ``Executing`` and ``Executed``."""
    return cut_before(_BEFORE if _BEFORE.search(data) else _AFTER)(data)


FORMAT = Format(
    name="sequelize",
    title="Sequelize log",
    recognises=recognises,
    cut=cut,
    parse=parse,
)
