"""The lines of SQLAlchemy's engine loggers: statements, their parameters, transactions.

Verified against SQLAlchemy 2.1 (``engine/base.py``, ``engine/default.py``, ``log.py``): every
execution logs the statement and then ``[how it was compiled] parameters``, both before it runs.
Up to 1.3 the logger is ``sqlalchemy.engine.base.Engine`` and the second line is the parameters.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit.formats.orm.log_lines import BEGINS_RECORD, SQL_WORD, LogLines, groups, plain_text
from perfkit.formats.orm.log_prefixes import AFTER_NAME, Prefixes, shapes, threads
from perfkit.formats.orm.statement_rows import joined, null_if_empty

if TYPE_CHECKING:
    from perfkit.formats.lines import Ints

__all__ = ["BEGIN", "LOGGER", "OTHER", "PARAMETERS", "STATEMENT", "EngineLines", "cut"]

LOGGER = "sqlalchemy.engine."
#: Kinds of lines: a statement, what follows it, a transaction's begin, what else the engine says.
STATEMENT, PARAMETERS, BEGIN, OTHER = range(4)

_LINE = (
    r"^(?P<before>.*?)(?P<logger>sqlalchemy\.engine\.(?:base\.)?(?:Option)?Engine)"
    rf"(?P<name>(?:\.[^\s:|\]),]+)?)(?P<after>{AFTER_NAME})"
)
TAG = (
    r"(?:generated in|cached since|raw sql|no key|caching disabled|dialect \S+ does not support"
    r"|insertmanyvalues|unknown)\b"
)
_BRACKETED = r"^\[(?P<token>[^\]]*)\] (?P<rest>.*)$"
_TAGGED = rf"^\[(?P<tag>{TAG}.*?)\] (?P<parameters>.*)$"
_BEGIN = r"^BEGIN (?:\(implicit|TWOPHASE \()"
_OTHER = (
    r"^(?:COMMIT(?:$| using| PREPARED| TWOPHASE)|ROLLBACK(?:$| using| will| PREPARED| TWOPHASE)"
    r"|(?:Col|Row) \(|CursorResult |Compiled cache |Prepared )"
)
#: The parameters of SQLAlchemy up to 1.3.
_OLD = r"^(?:\(.*\)|\{.*\}|\[.*\])$"
_MANY_TWICE = 0.4
_FAR = 1 << 20
_CUT = re.compile(rb"^[^\n]*?sqlalchemy\.engine\.[^\n]*", re.MULTILINE)
_IS_TAG = re.compile(rf"\[{TAG}".encode())


@dataclass(frozen=True)
class EngineLines:
    """The engine's lines of a chunk, each handler's once: arrays with one value per line.

    ``stretch`` numbers the lines between which the log may be cut: nothing is matched across.
    """

    log: LogLines
    row: Ints
    kind: Ints
    stretch: Ints
    skip: Ints
    prefixes: Prefixes
    session: pa.Array
    key: pa.Array
    tag: pa.Array
    parameters: pa.Array
    twice: bool

    @classmethod
    def read(cls, log: LogLines, head: bytes, zone: str | None) -> EngineLines:
        """Read them; ``head`` tells whether two handlers wrote every line."""
        row, found = _found(log)
        keep, twice = _once(row, found, head)
        row, found = row[keep], {name: part.filter(pa.array(keep)) for name, part in found.items()}
        rest, token = _token(found["message"])
        tagged = groups(rest, _TAGGED)
        old = pc.and_(
            pc.match_substring(found["logger"], ".base."), pc.match_substring_regex(rest, _OLD)
        )
        places = np.searchsorted(_divisions(log), row, side="right")
        prefix = pc.binary_join_element_wise(found["before"], found["after"], " ")
        key = joined(pc.utf8_ltrim(found["name"], "."), token, threads(prefix))
        return cls(
            log=log,
            row=row,
            kind=_kinds(rest, tagged["tag"], old),
            stretch=places,
            skip=_lengths(log.text.take(pa.array(row))) - _lengths(rest),
            prefixes=Prefixes.read(prefix, zone),
            session=null_if_empty(key),
            key=key,
            tag=tagged["tag"],
            parameters=pc.if_else(old, rest, tagged["parameters"]),
            twice=twice,
        )

    def ends(self, rows: Ints) -> Ints:
        """Return behind which line each of the engine's ``rows`` (indices) ends."""
        stop = np.zeros(self.log.count + 1, np.bool_)
        stop[self.log.matching(BEGINS_RECORD)] = True
        stop[self.log.containing(LOGGER)] = True
        stop[-1] = True
        stops = np.flatnonzero(stop)
        return stops[np.searchsorted(stops, self.row[rows], side="right")]


def _found(log: LogLines) -> tuple[Ints, dict[str, pa.Array]]:
    rows = log.containing(LOGGER)
    found = log.groups(rows, _LINE)
    ours = found["logger"].is_valid()
    rows = rows[ours.to_numpy(zero_copy_only=False)]
    found = {name: part.filter(ours) for name, part in found.items()}
    # The message is what is left: a pattern that had to capture it would be slower.
    skip = np.sum([_lengths(part) for part in found.values()], axis=0)
    return rows, found | {"message": log.bodies(rows, skip, rows + 1)}


def _token(messages: pa.Array) -> tuple[pa.Array, pa.Array]:
    """Split off ``[token] ``, which the execution option ``logging_token`` puts in front."""
    found = groups(messages, _BRACKETED)
    is_tag = pc.match_substring_regex(messages, rf"^\[{TAG}")
    token = pc.if_else(is_tag, pa.scalar(None, pa.string()), found["token"])
    return pc.if_else(pc.is_valid(token), found["rest"], messages), token


def _kinds(rest: pa.Array, tag: pa.Array, old: pa.Array) -> Ints:
    def matches(pattern: str) -> Any:
        return pc.match_substring_regex(rest, pattern).to_numpy(zero_copy_only=False)

    kind = np.full(len(rest), STATEMENT)
    kind[matches(_OTHER)] = OTHER
    kind[matches(_BEGIN)] = BEGIN
    kind[pc.or_(pc.is_valid(tag), old).to_numpy(zero_copy_only=False)] = PARAMETERS
    return kind


def _lengths(texts: pa.Array) -> Ints:
    lengths = pc.binary_length(texts).to_numpy(zero_copy_only=False)
    return np.asarray(lengths, np.int64)


def _once(row: Ints, found: dict[str, pa.Array], head: bytes) -> tuple[Any, bool]:
    """Return which lines to keep: those of one handler when two write every line."""
    favourite = _favourite(head)
    if favourite is None:
        return np.ones(len(row), np.bool_), False
    if favourite:
        return pc.equal(shapes(found["before"]), favourite).to_numpy(zero_copy_only=False), True
    texts = found["message"].dictionary_encode().indices.to_numpy(zero_copy_only=False)
    fresh = np.ones(len(row), np.bool_)
    fresh[1:] = texts[1:] != texts[:-1]
    place = np.arange(len(row)) - np.flatnonzero(fresh)[np.cumsum(fresh) - 1]
    return place % 2 == 0, True


@lru_cache(maxsize=16)
def _favourite(head: bytes) -> str | None:
    """Return None when every line is written once, else the prefixes of the handler to read.

    "": both handlers write the same prefix.
    """
    log = LogLines.of(plain_text(head[: head.rfind(b"\n") + 1])[0])
    _, found = _found(log)
    texts, prefixes = found["message"].to_pylist(), found["before"]
    pairs = [place for place in range(1, len(texts)) if texts[place] == texts[place - 1]]
    if not pairs or len(pairs) < _MANY_TWICE * len(texts):
        return None
    shape = shapes(prefixes).to_pylist()
    first, second = shape[pairs[0] - 1], shape[pairs[0]]
    if first == second:
        return ""
    timed = Prefixes.read(prefixes, None).fine
    return str(second if timed[pairs[0]] and not timed[pairs[0] - 1] else first)


def is_sql(texts: pa.Array) -> Any:
    """Say which texts begin as a statement does."""
    trimmed = pc.utf8_ltrim_whitespace(texts)
    return pc.match_substring_regex(trimmed, f"^{SQL_WORD}").to_numpy(zero_copy_only=False)


def cut(data: bytes) -> int:
    """Return where a line begins that follows a statement's parameters, or a BEGIN: the last.

    So a statement is never cut from its parameters, nor a line from its second handler's copy.
    """
    size = 1 << 16
    while True:
        base = data.rfind(b"\n", 0, max(0, len(data) - size)) + 1
        whole = data.rfind(b"\n") + 1
        found = list(_CUT.finditer(data, base, whole))
        texts = [item[0].partition(LOGGER.encode())[2] for item in found]
        for place in range(len(found) - 1, 0, -1):
            if _may_divide(texts[place - 1], texts[place]):
                return found[place].start()
        if not base or size >= _FAR:
            # Data without any line of ours may be divided anywhere, and so may absurd records.
            return 0 if found and len(data) < _FAR else data.rfind(b"\n") + 1
        size *= 4


def _divisions(log: LogLines) -> Ints:
    """Return the lines before which :func:`cut` may divide the log."""
    rows = log.containing(LOGGER)
    texts = groups(log.text.take(pa.array(rows)), r"sqlalchemy\.engine\.(?P<said>.*)$")["said"]
    tagged, begins = (
        pc.match_substring_regex(texts, pattern).to_numpy(zero_copy_only=False)
        for pattern in (rf"\[{TAG}", r"BEGIN \(")
    )
    differs = pc.not_equal(texts[1:], texts[:-1]).to_numpy(zero_copy_only=False)
    divides = ~tagged[1:] & (tagged[:-1] | (begins[1:] & differs))
    return np.asarray(rows[1:][divides], np.int64)


def _may_divide(before: bytes, text: bytes) -> bool:
    if _IS_TAG.search(text):
        return False
    return bool(_IS_TAG.search(before)) or (b"BEGIN (" in text and text != before)
