"""Azure's diagnostic logs in storage or event hubs: ``{"time", "category", "resourceId", ...}``.

JSON lines (``PT1H.json``) or ``{"records": [...]}``; the line is ``properties.message`` or
``properties.log``. Where PostgreSQL's message comes apart from its level and process
(``errorLevel``, ``processId``), a line as PostgreSQL writes it is made of them.

Checked: Azure Monitor's "common schema of resource logs" (time, resourceId, category,
properties), and examples of PostgreSQLLogs in public code; Azure's own page on that category
could not be read.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec

from perfkit.formats.lines import cut_at_line
from perfkit.ingest.envelopes.model import Envelope, Unwrapped
from perfkit.ingest.envelopes.raw_lines import is_line
from perfkit.ingest.envelopes.services.records import Record, document_like, from_lines, named

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perfkit.formats.model import Recognition

__all__ = ["ENVELOPE"]


class _Entry(msgspec.Struct, gc=False):
    time: Any = None
    resourceId: str = ""  # noqa: N815 - the service's name
    LogicalServerName: str = ""
    properties: Any = None
    records: list[_Entry] = []


_DECODER = msgspec.json.Decoder(_Entry)
_BEGIN = re.compile(rb'\s{0,9}\{\s{0,9}"\w{1,40}"\s?:')
_TIME = re.compile(rb'"time"\s?:\s?"\d{4}-')
_RESOURCE = re.compile(rb'"resourceId"\s?:\s?"/', re.IGNORECASE)
_CATEGORY = re.compile(rb'"category"\s?:\s?"')
_MESSAGE = re.compile(rb'"(?:message|log)"\s?:\s?"', re.IGNORECASE)


def recognises(head: bytes) -> Recognition:
    """Recognise a time, a resource, a category and a message."""
    reason = "diagnostic logs of Azure"
    return document_like(head, _BEGIN, _TIME, _RESOURCE, _CATEGORY, _MESSAGE, reason=reason)


def unwrap(data: bytes, carry: None) -> Unwrapped:
    """Take the messages out."""
    del carry
    return from_lines(data, _DECODER, _records)


def _records(entry: _Entry) -> Iterator[Record]:
    return (_record(one) for one in entry.records or (entry,))


def _record(entry: _Entry) -> Record:
    fields = entry.properties if isinstance(entry.properties, dict) else {}
    stream = entry.LogicalServerName or entry.resourceId.rpartition("/")[2]
    place = "/".join(
        part for part in (named(fields, "pod"), named(fields, "containerName")) if part
    )
    return Record(_message(fields), entry.time, place or stream)


def _message(fields: dict[str, Any]) -> str:
    message = named(fields, "message", "Message", "log", "Log")
    level, process = named(fields, "errorLevel"), fields.get("processId")
    if not message or not level or process is None or is_line(message):
        return message
    line = f"{named(fields, 'timestamp')} [{process}] {level}:  {message}"
    return line.replace("\n", "\n\t")


ENVELOPE = Envelope(
    name="azure-diagnostics",
    title="Azure diagnostic logs",
    recognises=recognises,
    cut=cut_at_line,
    unwrap=unwrap,
)
