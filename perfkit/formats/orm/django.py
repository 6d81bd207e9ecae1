"""Django's logger ``django.db.backends``: ``(0.005) SELECT ...; args=(1,); alias=default``.

Verified against Django 5.2 (``db/backends/utils.py``): seconds with three decimals, written
when the statement has ended, behind whatever the project's logging format puts first; the
alias since 4.2. Only with ``DEBUG = True``.
"""

from __future__ import annotations

import re
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
from perfkit.formats.orm.statement_rows import durations, parsed, queries, recognised

if TYPE_CHECKING:
    from perfkit.formats.lines import Ints

__all__ = ["FORMAT"]

_MARK = rf"^(?P<before>.*?)(?P<mark>\((?P<seconds>[0-9]+\.[0-9]{{3}})\) )(?:{SQL_WORD}|$)"
#: The same for ``re``: a place where parsing begins no record would divide one.
_CUT = re.compile(rf"\([0-9]+\.[0-9]{{3}}\) (?=.*\n)(?:{SQL_WORD}|\r?\n)".encode())
_END = r"; args=(?:None|\(.*\)|\[.*\]|\{.*\}|<.*>)(?:; alias=[^\s;]+)?$"
_PARTS = r"(?s)^(?P<sql>.*); args=(?P<args>.*?)(?:; alias=(?P<alias>[^\s;]+))?$"
_SPLIT = "; args="
_ARGUMENTS = ("None", "(", "[", "{", "<")
_MISSING = "set DEBUG = True and the logger django.db.backends to DEBUG"


def recognises(head: bytes) -> Recognition:
    """Recognise statements that end with their arguments."""
    log = LogLines.of(plain_text(head)[0])
    first, _, _ = _records(log)
    return recognised(len(first), log.data, "begin statements of django.db.backends")


def parse(chunk: Chunk) -> Parsed:
    """Parse the statements; all other lines are irrelevant."""
    data, notes = plain_text(chunk.data)
    log = LogLines.of(data)
    first, ends, broken = _records(log)
    mark = log.groups(first, _MARK)
    skip = pc.add(pc.binary_length(mark["before"]), pc.binary_length(mark["mark"]))
    bodies = log.bodies(first, skip.to_numpy(zero_copy_only=False), ends)
    ms = durations(mark["seconds"], 1000.0)
    prefixes = Prefixes.read(mark["before"], chunk.zone)
    sql, args, alias = _split(bodies)
    columns = {
        "started_at": prefixes.started(ms),
        "duration_ms": ms,
        "parameters": pc.if_else(pc.is_in(args, pa.array(["None", "()"])), None, args),
        "database": alias,
        "session_id": prefixes.sessions(),
        **prefixes.traces(),
    }
    used = marked_lines(first, ends, log.count)
    found = {"queries": queries(sql, first + 1, columns)}
    notes += prefixes.notes(chunk.zone)
    return parsed(log, found, used, notes=notes, broken=broken, missing=_MISSING)


def _records(log: LogLines) -> tuple[Ints, Ints, Ints]:
    """Return where records begin and end, and which begin and end nowhere."""
    begun, ended = log.matching(_MARK), log.matching(_END)
    if not len(begun):
        return begun, begun, begun
    place = np.searchsorted(ended, begun)
    end = np.append(ended, log.count)[place]
    following = np.append(begun[1:], log.count)
    whole = end < following
    return begun[whole], end[whole] + 1, begun[~whole]


def _split(bodies: pa.Array) -> tuple[pa.Array, pa.Array, pa.Array]:
    """Return statement, arguments and alias.

    Where a value holds ``; args=(``, it stands in the statement and in the arguments: of the
    occurrences the middle one divides them.
    """
    parts = groups(bodies, _PARTS)
    sql, args = parts["sql"], parts["args"]
    several = np.flatnonzero(pc.count_substring(bodies, _SPLIT).to_numpy() > 1)
    if len(several):
        whole = pc.binary_join_element_wise(sql, args, _SPLIT)
        pieces = whole.take(pa.array(several)).to_pylist()
        halves = [_halves(text.split(_SPLIT)) for text in pieces]
        sql, args = sql.to_pylist(), args.to_pylist()
        for place, (left, right) in zip(several.tolist(), halves, strict=True):
            sql[place], args[place] = left, right
        sql, args = pa.array(sql, pa.string()), pa.array(args, pa.string())
    return sql, args, pc.if_else(pc.equal(parts["alias"], ""), None, parts["alias"])


def _halves(pieces: list[str]) -> tuple[str, str]:
    fitting = [at for at in range(1, len(pieces)) if pieces[at].startswith(_ARGUMENTS)]
    middle = fitting[len(fitting) // 2] if fitting else len(pieces) - 1
    return _SPLIT.join(pieces[:middle]), _SPLIT.join(pieces[middle:])


FORMAT = Format(
    name="django-db",
    title="Django database log",
    recognises=recognises,
    cut=cut_before(_CUT),
    parse=parse,
)
