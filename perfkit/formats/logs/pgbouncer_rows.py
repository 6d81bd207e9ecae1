"""What PgBouncer's messages say: metrics of ``stats:`` lines, events of the others.

Kinds of events: connection and disconnection (of clients, whose time PgBouncer gives in whole
seconds), server_connection and server_disconnection, reserve_pool, server (start and stop),
configuration (reload), error (WARNING, ERROR, FATAL, ``pooler error``). A login attempt is a
connection, whether it succeeds or not; of one that fails there is a ``pooler error`` besides.

A ``stats:`` line holds averages over ``stats_period`` of all databases. Times of transactions,
queries and waits are microseconds, as they are logged. 1.8 and later count transactions and
queries, earlier ones requests; waits are there since 1.8, parses and binds since 1.24.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit import tables

if TYPE_CHECKING:
    from perfkit.formats.lines import Ints

__all__ = ["Lines", "read_events", "read_metrics"]


class Lines(NamedTuple):
    """The good lines of a chunk: number, time, text, and the parts of the text."""

    line: Ints
    at: pa.Array
    text: pa.Array
    fields: dict[str, pa.Array]


class _Rule(NamedTuple):
    """A kind, whose socket it is of (C, S, or of any), its levels, its RE2 pattern."""

    kind: str
    socket: str
    levels: tuple[str, ...]
    pattern: str


_LOG = ("LOG",)
_ALARMS = ("WARNING", "ERROR", "FATAL")
#: The first that fits counts.
_RULES = (
    _Rule("reserve_pool", "", (*_LOG, *_ALARMS), "(?i)^taking connection from reserve_pool"),
    _Rule("error", "", _ALARMS, ""),
    _Rule("error", "", _LOG, "^[Pp]ooler [Ee]rror: "),
    _Rule("connection", "C", _LOG, "^login attempt: "),
    _Rule("disconnection", "C", _LOG, "^closing because: "),
    _Rule("server_connection", "S", _LOG, "^new connection to server"),
    _Rule("server_disconnection", "S", _LOG, "^closing because: "),
    _Rule("server", "", _LOG, "^(?:process up: |got SIG(?:INT|TERM|QUIT)|SHUTDOWN command)"),
    _Rule("server", "", _LOG, "connections dropped, exiting"),
    _Rule("configuration", "", _LOG, "^(?:got SIGHUP|RELOAD command)"),
)
_AGE = r"\(age=(?P<age>[0-9]{1,12})s?\)$"
_WHO = r"^(?P<database>[^/]*)/(?P<user>.*)@[^@]*$"
_LOGIN = "^login attempt: db=(?P<database>.*) user=(?P<user>.*?)(?: tls=.*)?$"
_NOBODY = ("", "(nodb)", "(nouser)")

_STATS = "^[Ss]tats: "
_VALUE = re.compile(
    r"(?P<count>[0-9]{1,15}) (?P<rate>[a-z][a-z ]{0,20})/s"
    r"|(?P<way>in|out) (?P<bytes>[0-9]{1,15}) [Bb]/s"
    r"|(?P<what>xact|query|wait)(?: time)? (?P<us>[0-9]{1,15}) us"
)


def read_events(lines: Lines) -> pa.Table:
    """Return the lines that are events."""
    kind = _kinds(lines)
    rows = np.flatnonzero(kind != None)  # noqa: E711 - of each element
    taken = pa.array(rows)
    message = lines.fields["message"].take(taken)
    who = pc.extract_regex(lines.fields["who"].take(taken), _WHO).flatten()
    login = pc.extract_regex(message, _LOGIN).flatten()  # the socket is not yet known by name
    database, user = (pc.coalesce(*map(_known, pair)) for pair in zip(who, login, strict=True))
    age = pc.struct_field(pc.extract_regex(message, _AGE), "age").cast(pa.float64())
    return tables.from_columns(
        "events",
        {
            "at": lines.at.take(taken),
            "kind": pa.array(kind[rows], pa.string()),
            "duration_ms": pc.multiply(age, 1000.0),
            "message": message,
            "session_id": _known(lines.fields["socket"].take(taken)),
            "database": database,
            "user": user,
            "line": lines.line[rows],
            "attributes": lines.text.take(taken).cast(pa.binary()),
        },
        rows=len(rows),
    )


def _kinds(lines: Lines) -> np.ndarray[tuple[int], np.dtype[np.object_]]:
    kind = np.full(len(lines.line), None, object)
    level, message = lines.fields["level"], lines.fields["message"]
    side = pc.utf8_slice_codeunits(lines.fields["socket"], 0, 1)
    for rule in reversed(_RULES):
        fits = pc.is_in(level, pa.array(rule.levels))
        if rule.socket:
            fits = pc.and_(fits, pc.equal(side, rule.socket))
        if rule.pattern:
            fits = pc.and_(fits, pc.match_substring_regex(message, rule.pattern))
        kind[fits.fill_null(fill_value=False).to_numpy(zero_copy_only=False)] = rule.kind
    return kind


def _known(texts: pa.Array) -> pa.Array:
    return pc.if_else(pc.is_in(texts, pa.array(_NOBODY)), None, texts)


def read_metrics(lines: Lines) -> pa.Table:
    """Return one row per value of each ``stats:`` line: ``pgbouncer.queries_per_s``, ..."""
    is_stats = pc.match_substring_regex(lines.fields["message"], _STATS)
    rows = np.flatnonzero(is_stats.to_numpy(zero_copy_only=False))
    texts = lines.fields["message"].take(pa.array(rows)).to_pylist()
    found = [
        (row, *_value(match))
        for row, text in zip(rows.tolist(), texts, strict=True)
        for match in _VALUE.finditer(text)
    ]
    if not found:
        return tables.empty("metrics")
    at, name, value, unit = zip(*found, strict=True)
    return tables.from_columns(
        "metrics",
        {
            "at": lines.at.take(pa.array(at)),
            "name": pa.array(name),
            "value": pa.array(value, pa.float64()),
            "unit": pa.array(unit),
            "line": lines.line[list(at)],
        },
    )


def _value(match: re.Match[str]) -> tuple[str, float, str]:
    """Return name, value and unit."""
    if match["rate"]:
        rate = "requests" if match["rate"] == "req" else match["rate"].replace(" ", "_")
        return f"pgbouncer.{rate}_per_s", float(match["count"]), "1/s"
    if match["way"]:
        return f"pgbouncer.{match['way']}_bytes_per_s", float(match["bytes"]), "B/s"
    return f"pgbouncer.{match['what']}_us", float(match["us"]), "us"
