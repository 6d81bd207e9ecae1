"""``journalctl -o json``: one JSON object per line, with ``MESSAGE`` and journald's own fields.

Each unit or program is a stream of its own. ``MESSAGE`` is a text, an array of bytes where it is
not printable UTF-8, or null where it is longer than 4096 bytes and ``--all`` was not given. A
service's line longer than journald's ``LineMax`` goes on in the next entry of the same
``_STREAM_ID`` (``_LINE_BREAK=line-max``). PostgreSQL's own parts are joined as in syslog.

Checked: systemd's "Journal JSON Format" and systemd.journal-fields(7), and what journald 252 wrote.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import pyarrow as pa

from perfkit.formats.lines import Ints, cut_at_line
from perfkit.formats.model import BadLine, Recognition, kept
from perfkit.ingest.envelopes import joins, pg_parts
from perfkit.ingest.envelopes.json_lines import decode, recognised
from perfkit.ingest.envelopes.model import NO_TIME, Envelope, Unwrapped
from perfkit.ingest.envelopes.rows import Rows, keys_of, pieces, rows_of, streams_of

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["ENVELOPE", "Entry", "JournalCarry", "finish", "unwrapped"]

_TOO_LONG = "journalctl left its long message out: use journalctl --all -o json"


class Entry(
    msgspec.Struct,
    gc=False,
    rename={
        "message": "MESSAGE",
        "written": "__REALTIME_TIMESTAMP",
        "sent": "_SOURCE_REALTIME_TIMESTAMP",
        "program": "SYSLOG_IDENTIFIER",
        "command": "_COMM",
        "unit": "_SYSTEMD_UNIT",
        "container": "CONTAINER_NAME",
        "process": "_PID",
        "line_break": "_LINE_BREAK",
        "connection": "_STREAM_ID",
    },
):
    """The fields of an entry that matter here; a field may have several values (an array)."""

    written: str
    message: Any = ""
    sent: Any = ""
    program: Any = ""
    command: Any = ""
    unit: Any = ""
    container: Any = ""
    process: Any = ""
    line_break: Any = ""
    connection: Any = ""


@dataclass(frozen=True, kw_only=True)
class JournalCarry:
    """Lines that go on, and PostgreSQL's parts that may."""

    lines: joins.Open
    parts: pg_parts.Held


_DECODER = msgspec.json.Decoder(Entry)


def recognises(head: bytes) -> Recognition:
    """Recognise lines with ``__REALTIME_TIMESTAMP``."""
    return recognised(
        head, _DECODER, lambda entry: entry.written.isdecimal(), "lines of journalctl"
    )


def unwrap(data: bytes, carry: JournalCarry | None) -> Unwrapped:
    """Take the messages out."""
    found = decode(data, _DECODER)
    result = unwrapped(found.records, found.line, found.lines, carry)
    bad = sorted([*found.rejected, *result.rejected], key=lambda item: item.line)
    return replace(
        result,
        rejected=kept(bad),
        rejected_lines=len(found.rejected) + result.rejected_lines,
        irrelevant=result.irrelevant + found.blank,
    )


def unwrapped(
    entries: Sequence[Entry], line: Ints, lines: int, carry: JournalCarry | None
) -> Unwrapped:
    """Return the messages of entries at ``line`` of a chunk of so many ``lines``."""
    messages = [_message(entry.message) for entry in entries]
    bad = [number for number, text in zip(line.tolist(), messages, strict=True) if text is None]
    good = np.array([i for i, text in enumerate(messages) if text], np.int64)
    chosen = [entries[i] for i in good.tolist()]
    rows = _rows(chosen, [messages[i] for i in good.tolist()], line[good])
    goes_on = np.array([entry.line_break == "line-max" for entry in chosen], np.bool_)
    whole, open_lines, joined = joins.join(rows, goes_on, carry.lines if carry else None, lines)
    postgres = _by_process(whole)
    single = np.array([name.startswith("postgres") for name in whole.names], np.bool_)
    single = single[whole.stream] if len(whole) else np.zeros(0, np.bool_)
    done, parts, more = pg_parts.together(postgres, single, carry.parts if carry else None, lines)
    return Unwrapped(
        pieces=pieces(done),
        rejected=tuple(BadLine.of(number, _TOO_LONG, b"") for number in bad),
        rejected_lines=len(bad),
        irrelevant=len(entries) - len(good) - len(bad) + joined + more,
        lines=lines,
        carry=JournalCarry(lines=open_lines, parts=parts),
    )


def finish(carry: JournalCarry | None) -> Unwrapped:
    """Give out what is still open."""
    if carry is None:
        return Unwrapped()
    rest, last = pg_parts.finish(carry.parts), joins.finish(carry.lines)
    return replace(rest, pieces=[*rest.pieces, *last.pieces])


def _message(value: Any) -> bytes | None:
    """Return the bytes of a message; None: journalctl left it out."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace")
    if not isinstance(value, list):
        return None
    if value and isinstance(value[0], str):  # the field has several values
        return "\n".join(str(part) for part in value).encode("utf-8", "replace")
    try:
        return bytes(value)
    except (TypeError, ValueError):
        return None


#: Microseconds since 1970 of a time in 2262, when 64 bits of nanoseconds end.
_NEVER = 9_223_372_036_854_775


def _rows(entries: list[Entry], messages: list[bytes | None], line: Ints) -> Rows:
    times = [str(_one(entry.sent) or entry.written) for entry in entries]
    microseconds = [int(text) if text.isdecimal() and len(text) < 17 else None for text in times]  # noqa: PLR2004 - years to 2286
    at = [n * 1000 if n is not None and n < _NEVER else NO_TIME for n in microseconds]
    processes = [str(_one(entry.process)) for entry in entries]
    process = [int(text) if text.isdecimal() and len(text) < 19 else 0 for text in processes]  # noqa: PLR2004 - int64
    names = [_stream(entry) for entry in entries]
    keys, distinct = streams_of(
        [str(_one(entry.connection)) or name for entry, name in zip(entries, names, strict=True)]
    )
    return rows_of(
        pa.array(messages, pa.large_binary()),
        streams_of(names),
        line,
        at=np.array(at, np.int64),
        process=np.array(process, np.int64),
        key=keys_of(distinct)[keys] if distinct else keys,
    )


def _by_process(rows: Rows) -> Rows:
    """Let rows of one stream and process belong together."""
    distinct = keys_of(rows.names)
    key = distinct[rows.stream] ^ (rows.process * 0x9E3779B97F4A7C1) if len(rows) else rows.key
    return replace(rows, key=key)


def _stream(entry: Entry) -> str:
    unit = str(_one(entry.unit)).removesuffix(".service")
    if unit.startswith(("session-", "user@", "init.scope")):
        unit = ""
    return str(_one(entry.container) or _one(entry.program) or unit or _one(entry.command) or "")


def _one(value: Any) -> Any:
    """Return the first of a field's values."""
    return value[0] if isinstance(value, list) and value else value or ""


ENVELOPE = Envelope(
    name="journald-json",
    title="journalctl -o json",
    recognises=recognises,
    cut=cut_at_line,
    unwrap=unwrap,
    finish=finish,
)
