r"""Lines of Heroku's router: ``at=info method=GET path="/" ... connect=1ms service=18ms ...``.

As ``heroku logs`` shows them (``heroku logs``'s time and ``heroku[router]:`` in front), as log
drains keep them, and bare. ``connect`` is how long it took to reach the dyno, ``service`` how long
dyno and client then took; the line is written at the end. What failed has a code (``H12``), and
one that took 30 s was given up by the router: how long it would have taken is unknown, which a
note says. Lines of dynos in between are irrelevant.

Checked: "HTTP Routing", "Heroku Error Codes", "Logging" (devcenter.heroku.com), and such lines in
public code since 2012 (then with ``queue=0 wait=0ms``, and paths without quotes).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit import tables
from perfkit.formats.lines import cut_at_line
from perfkit.formats.model import BadLine, Chunk, Format, Parsed, Recognition, kept
from perfkit.formats.orm.log_lines import LogLines, groups, plain_text
from perfkit.formats.orm.log_prefixes import Prefixes
from perfkit.formats.orm.statement_rows import durations, null_if_empty
from perfkit.formats.requests.apps.values import integers
from perfkit.formats.requests.cloud.proxy_lines import recognised
from perfkit.formats.times import zone_note
from perfkit.recording import Note

if TYPE_CHECKING:
    from perfkit.formats.lines import Ints

__all__ = ["FORMAT"]

_LINE = re.compile(
    rb"[^\"]{0,200}?(?:\bsock=\w+ )?\bat=\w+ (?:code=\w+ )?(?:desc=\"[^\"]*\" )?method=\S+ path=.*"
    rb" host=\S* .*\bdyno=\S* .*\bconnect=\d*(?:ms)? service=\d*(?:ms)? status=\d* bytes=\d*"
)
#: RE2: in the order in which the router writes them, so that no value is taken for a key.
_PATTERN = (
    r'^(?P<before>[^"]*?)(?:\bsock=\w+ )?\bat=\w+ (?:sock=\w+ )?(?:code=(?P<error>\w+) )?'
    r'(?:desc="[^"]*" )?(?:sock=\w+ )?method=(?P<method>\S*) '
    r'path=(?:"(?P<path>.*?)"|(?P<bare>\S*)) host=(?P<host>\S*)'
    r'(?: request_id=(?P<request_id>\S*))?(?: fwd=(?:"(?P<fwd>[^"]*)"|(?P<bare_fwd>\S*)))?'
    r"(?: dyno=\S*)?(?: queue=\S*)?(?: wait=\S*)? connect=(?P<connect>\d*)(?:ms)?"
    r" service=(?P<service>\d*)(?:ms)? status=(?P<status>\d*) bytes=(?P<bytes>\d*)(?: |$)"
)
_MARK, _BEGINS = " method=", r"heroku\[router\]: |^(?:sock=\w+ )?at=(?:info|warning|error) "
#: devcenter.heroku.com, "Request Timeout": the router waits so long for the first byte.
_TIMEOUT = "H12"
_CENSORED = Note(
    kind="censored",
    message="Heroku's router gave some requests up after 30 s (H12): they would have taken longer"
    " than the log says, by an amount that nobody knows",
)
_UNTIMED = Note(
    kind="times_unknown",
    message="the router's lines have no time of their own: keep what `heroku logs` puts in front",
)


def recognises(head: bytes) -> Recognition:
    """Recognise a method, a path, a dyno, two times and a status, each with its key."""
    return recognised(head, _LINE, "of Heroku's router")


def parse(chunk: Chunk) -> Parsed:
    """Parse the router's lines."""
    data, notes = plain_text(chunk.data)
    log = LogLines.of(data)
    rows = log.matching(_PATTERN) if _MARK.encode() in data else np.zeros(0, np.int64)
    bad = _broken(log, rows)
    requests = {}
    if len(rows):
        requests["requests"], more = _requests(log, rows, chunk.zone)
        notes += more
    return Parsed(
        tables=requests,
        rejected=kept(bad),
        rejected_lines=len(bad),
        irrelevant=log.count - len(rows) - len(bad),
        lines=log.count,
        notes=tuple(notes),
    )


def _broken(log: LogLines, rows: Ints) -> list[BadLine]:
    """Return lines that begin as the router's and are none that can be read."""
    lost = np.setdiff1d(log.matching(_BEGINS), rows, assume_unique=True)
    texts = log.text.take(pa.array(lost)).to_pylist()
    reason = "it is a line of Heroku's router that is cut off"
    return [
        BadLine.of(row + 1, reason, text.encode())
        for row, text in zip(lost.tolist(), texts, strict=True)
    ]


def _requests(log: LogLines, rows: Ints, zone: str | None) -> tuple[pa.Table, list[Note]]:
    texts = log.text.take(pa.array(rows))
    found = {name: null_if_empty(values) for name, values in groups(texts, _PATTERN).items()}
    connect, service = durations(found["connect"]), durations(found["service"])
    ms = pc.add(connect, service)
    times = Prefixes.read(pc.coalesce(found["before"], ""), zone)
    started = times.started(ms)
    columns = {
        "started_at": started,
        "duration_ms": ms,
        "upstream_ms": service,
        "method": found["method"],
        "path": pc.coalesce(found["path"], found["bare"]),
        "status": integers(found["status"]),
        "service": found["host"],
        "client": _first(pc.coalesce(found["fwd"], found["bare_fwd"])),
        "response_bytes": integers(found["bytes"]),
        "request_id": found["request_id"],
        "error": found["error"],
        "line": pa.array(rows + 1),
        "attributes": texts.cast(pa.binary()),
    }
    given_up = pc.any(pc.equal(found["error"], _TIMEOUT)).as_py()
    notes = [_CENSORED] * bool(given_up) + [_UNTIMED] * bool(started.null_count)
    notes += [zone_note(zone)] * times.naive
    return tables.from_columns("requests", columns), notes


def _first(addresses: pa.Array) -> pa.Array:
    """Return the first of several addresses, which is whom the others forwarded for."""
    return null_if_empty(pc.replace_substring_regex(addresses, r"^\s*([^,\s]*).*$", r"\1"))


FORMAT = Format(
    name="heroku-router",
    title="Heroku router log",
    recognises=recognises,
    cut=cut_at_line,
    parse=parse,
)
