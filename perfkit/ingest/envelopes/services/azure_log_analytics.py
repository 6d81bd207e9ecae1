"""Results of Azure's Log Analytics: ``{"tables": [{"columns", "rows"}]}``, or an array of objects.

Checked: Log Analytics query API (tables of columns with name and type, rows as arrays);
``az monitor log-analytics query`` writes an array of objects with ``TableName``. Columns:
``TimeGenerated`` and ``LogMessage`` (ContainerLogV2), ``LogEntry`` (ContainerLog), ``Message``
(AzureDiagnostics, PGSQLServerLogs, Syslog's ``SyslogMessage``).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec

from perfkit.ingest.envelopes.model import Envelope, Unwrapped
from perfkit.ingest.envelopes.services.records import (
    Record,
    document_like,
    from_document,
    named,
    whole,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perfkit.formats.model import Recognition

__all__ = ["ENVELOPE", "MESSAGES", "STREAMS"]

MESSAGES = ("LogMessage", "LogEntry", "Message", "SyslogMessage", "Log_s", "message_s")
STREAMS = ("PodName", "ContainerName", "LogicalServerName_s", "Resource", "Computer")


class _Column(msgspec.Struct):
    name: str


class _Table(msgspec.Struct):
    columns: list[_Column]
    rows: list[list[Any]]


class _Answer(msgspec.Struct):
    tables: list[_Table]


_DECODER: msgspec.json.Decoder[Any] = msgspec.json.Decoder(_Answer | list[dict[str, Any]])
_BEGIN = re.compile(rb'\s*(?:\{\s*"tables"\s*:|\[\s*\{)')
_TIME = re.compile(rb'"TimeGenerated"')
_MESSAGE = re.compile(rb'"(?:' + "|".join(MESSAGES).encode() + rb')"')


def recognises(head: bytes) -> Recognition:
    """Recognise columns for the time and a message."""
    reason = "results of Azure Log Analytics"
    return document_like(head, _BEGIN, _TIME, _MESSAGE, reason=reason)


def unwrap(data: bytes, carry: None) -> Unwrapped:
    """Take the messages out."""
    del carry
    return from_document(data, _DECODER, _records, utc=True)


def _records(document: _Answer | list[dict[str, Any]]) -> Iterator[Record]:
    if isinstance(document, list):
        return (_record(row) for row in document)
    return (
        _record(dict(zip((column.name for column in table.columns), row, strict=False)))
        for table in document.tables
        for row in table.rows
    )


def _record(row: dict[str, Any]) -> Record:
    message = row.get("LogMessage")
    text: str | bytes = named(row, *MESSAGES)
    if isinstance(message, dict):  # ContainerLogV2 keeps JSON as an object
        text = msgspec.json.encode(message)
    stream = "/".join(dict.fromkeys(part for name in STREAMS[:2] if (part := named(row, name))))
    return Record(text, row.get("TimeGenerated"), stream or named(row, *STREAMS))


ENVELOPE = Envelope(
    name="azure-log-analytics",
    title="Azure Log Analytics results (JSON)",
    recognises=recognises,
    cut=whole,
    unwrap=unwrap,
)
