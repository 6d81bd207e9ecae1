"""p6spy's ``spy.log``: ``time|milliseconds|category|connection N|url U|prepared|effective``.

From the source of p6spy 3.9 (``appender/SingleLineFormat``, ``MultiLineFormat``,
``CustomLineFormat``; of its templates those in common use); older versions write no URL. The
time is milliseconds since 1970 unless ``dateformat`` is set, and is when the statement had
ended. The prepared statement has placeholders; the effective one, where it differs, is kept in
``parameters``. ``commit``, ``rollback`` and what is about results are no statements.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit.formats.model import Chunk, Format, Parsed, Recognition
from perfkit.formats.orm.log_lines import (
    BEGINS_RECORD,
    SQL_WORD,
    LogLines,
    cut_before,
    groups,
    marked_lines,
    plain_text,
)
from perfkit.formats.orm.log_prefixes import Prefixes
from perfkit.formats.orm.statement_rows import (
    durations,
    null_if_empty,
    parsed,
    queries,
    recognised_by,
)

if TYPE_CHECKING:
    from perfkit.formats.lines import Ints

__all__ = ["FORMAT"]

_CATEGORY = "statement|batch|commit|rollback|resultset|result|info|debug|error|warn|outage"
_SINGLE = (
    r"^(?P<before>[^|]*(?:\|[^|]*?){0,6}?)(?P<mark>\|(?P<ms>[0-9]{1,12})\|"
    rf"(?P<category>{_CATEGORY})\|connection ?(?P<session>[0-9]+)\|(?:url (?P<url>[^|]*)\|)?)"
)
_MULTI = (
    r"^(?P<before>.*?)(?P<mark># ?(?P<at>[^|]+) \| took (?P<ms>[0-9]{1,12})ms \| "
    rf"(?P<category>{_CATEGORY}) \| connection (?P<session>[0-9]+) ?(?:\| url (?P<url>.*))?)$"
)
_COLON = "(?::|\uff1a)"
#: CustomLineFormat: what people put between the values, with a category or behind the logger.
_CUSTOM = (
    rf"^(?P<before>.*?)(?P<mark>\| ?(?:took |SQL耗时{_COLON} ?)?"
    r"(?P<ms>[0-9]{1,12}) ?(?:ms)? ?\| ?"
    rf"(?:连接信息{_COLON} ?)?(?P<category>{_CATEGORY})(?:-(?P<linked>[0-9]+))? ?\| ?"
    rf"(?:connection ?(?P<session>[0-9]+) ?\| ?)?(?:query=|执行语句{_COLON} ?)?)(?:{SQL_WORD}|$)"
)
_NAMED = (
    r"^(?P<before>.*?)(?P<mark>\bp6spy\b[ :|\]>-]*?(?P<ms>[0-9]{1,12}) ?ms ?\| ?)"
    rf"(?:{SQL_WORD}|$)"
)
_STYLES = (_SINGLE, _MULTI, _CUSTOM, _NAMED)
_OURS = (
    rf"\| ?(?:took |SQL耗时{_COLON} ?)?[0-9]{{1,12}} ?(?:ms)? ?\| ?(?:连接信息{_COLON} ?)?"
    rf"(?:{_CATEGORY})(?:-[0-9]+)? ?\||\bp6spy\b[ :|\]>-]*[0-9]{{1,12}} ?ms ?\| ?{SQL_WORD}"
)
_EPOCH = r"(?P<epoch>\b1[0-9]{12})\s*$"
_DATABASES = {
    "postgresql": "postgresql", "mysql": "mysql", "mariadb": "mariadb", "sqlserver": "mssql",
    "oracle": "oracle", "h2": "h2", "hsqldb": "hsqldb", "sqlite": "sqlite", "db2": "db2",
}  # fmt: skip
_MISSING = "let p6spy log statements: excludecategories must not name statement"


def recognises(head: bytes) -> Recognition:
    """Recognise lines with milliseconds, a category and a connection."""
    return recognised_by(_OURS, head, "are of p6spy", surest=0.99)


def parse(chunk: Chunk) -> Parsed:
    """Parse statements and batches; commits and other lines are irrelevant."""
    data, notes = plain_text(chunk.data)
    log = LogLines.of(data)
    style = _style(chunk.head)
    first = log.matching(style)
    ends = _ends(log, first)
    mark = log.groups(first, style)
    nothing = pa.nulls(len(first), pa.string())
    mark = {"category": pa.repeat(pa.scalar("statement"), len(first)), "session": nothing} | mark
    wanted = pc.is_in(mark["category"], pa.array(["statement", "batch"]))
    chosen = wanted.to_numpy(zero_copy_only=False)
    first, ends = first[chosen], ends[chosen]
    mark = {name: part.filter(wanted) for name, part in mark.items()}
    skip = pc.add(pc.binary_length(mark["before"]), pc.binary_length(mark["mark"]))
    bodies = log.bodies(first, skip.to_numpy(zero_copy_only=False), ends)
    if style == _MULTI:
        bodies = pc.utf8_rtrim(pc.utf8_trim_whitespace(bodies), ";")
    halves = _halves(bodies, "\n" if style == _MULTI else "|", pairs=style in {_SINGLE, _MULTI})
    ms = durations(mark["ms"])
    prefixes = Prefixes.read(mark.get("at", mark["before"]), chunk.zone)
    epoch = _from_epoch(mark, ms)
    columns = {
        "duration_ms": ms,
        "started_at": pc.coalesce(epoch, prefixes.started(ms)),
        "session_id": _known(mark, "session", "linked"),
        "parameters": halves[1],
        "phase": _phases(mark["category"]),
        "system": _systems(_known(mark, "url")),
        **prefixes.traces(),
    }
    rows = queries(halves[0], first + 1, columns)
    notes += prefixes.notes(chunk.zone) if epoch.null_count else []
    used = marked_lines(first, ends, log.count)
    return parsed(log, {"queries": rows}, used, notes=notes, missing=_MISSING)


@lru_cache(maxsize=16)
def _style(head: bytes) -> str:
    """Return the pattern that fits the log: the one with the most statements."""
    log = LogLines.of(plain_text(head)[0])
    return max(_STYLES, key=lambda style: len(log.matching(style)))


def _ends(log: LogLines, first: Ints) -> Ints:
    """A statement ends at the next line that p6spy (if damaged) or a logging framework began."""
    stops = np.union1d(np.append(first, log.count), log.matching(rf"{BEGINS_RECORD}|{_OURS}"))
    return np.asarray(stops[np.searchsorted(stops, first, side="right")], np.int64)


def _known(mark: dict[str, pa.Array], *names: str) -> pa.Array:
    """Return the first of some groups that a record has."""
    found = [null_if_empty(mark[name]) for name in names if name in mark]
    return pc.coalesce(*found) if found else pa.nulls(len(mark["ms"]), pa.string())


def _phases(category: pa.Array) -> pa.Array:
    return pc.if_else(pc.equal(category, "batch"), "execute", pa.scalar(None, pa.string()))


def _from_epoch(mark: dict[str, pa.Array], ms: pa.Array) -> pa.Array:
    text = groups(mark.get("at", mark["before"]), _EPOCH)["epoch"]
    ended = pc.multiply(text.cast(pa.int64()), 1_000_000)
    before = pc.multiply(pc.fill_null(ms, 0.0), 1e6).cast(pa.int64())
    return pc.subtract(ended, before).cast(pa.timestamp("ns", "UTC"))


def _systems(urls: pa.Array) -> pa.Array:
    """Return the database that a JDBC URL names; the URL itself may hold a password."""
    names = groups(urls, r"^jdbc:(?:p6spy:)?(?P<name>[a-z0-9]+):")["name"].dictionary_encode()
    known = [_DATABASES.get(name) for name in names.dictionary.to_pylist()]
    return pa.array(known, pa.string()).take(names.indices)


def _halves(bodies: pa.Array, separator: str, *, pairs: bool) -> tuple[pa.Array, pa.Array]:
    """Return the prepared statements, and the effective ones where they differ."""
    encoded = bodies.dictionary_encode()
    texts = encoded.dictionary.to_pylist()
    split = [_split(text.strip(), separator) if pairs else (text.strip(), None) for text in texts]
    first, second = (pa.array([pair[side] for pair in split], pa.string()) for side in (0, 1))
    return first.take(encoded.indices), null_if_empty(second.take(encoded.indices))


def _split(text: str, separator: str) -> tuple[str, str | None]:
    """Divide ``prepared|effective``, where statements may hold the separator too."""
    middle = len(text) // 2
    if len(text) % 2 and text[middle] == separator and text[:middle] == text[middle + 1 :]:
        return text[:middle], None
    for found in re.finditer(re.escape(separator), text[:_LONGEST]):
        prepared, effective = text[: found.start()], text[found.end() :]
        fixed, placeholder, _ = prepared.partition("?")
        if placeholder and effective.startswith(fixed):
            return prepared, effective
    prepared, _, effective = text.partition(separator)
    return (prepared, effective or None) if text.count(separator) == 1 else (text, None)


#: Statements longer than this are divided in the middle or not at all.
_LONGEST = 4096

FORMAT = Format(
    name="p6spy",
    title="p6spy log",
    recognises=recognises,
    cut=cut_before(re.compile(_OURS.encode())),
    parse=parse,
)
