"""What a document of Elasticsearch says."""

from __future__ import annotations

from typing import Any

from perfkit.ingest.envelopes.services.labels import of_document
from perfkit.ingest.envelopes.services.records import Record, named, said

__all__ = ["message_of", "record"]


def record(hit: dict[str, Any]) -> Record:
    """Read a hit, or a document without what Elasticsearch puts around it."""
    fields = hit.get("_source")
    if fields is None and isinstance(hit.get("fields"), dict):
        fields = {key: _first(value) for key, value in hit["fields"].items()}
    if not isinstance(fields, dict):
        fields = hit
    return Record(said(message_of(fields), fields), fields.get("@timestamp"), of_document(fields))


def message_of(fields: dict[str, Any]) -> str:
    """Return the line that was logged, as far as the document has it."""
    return named(fields, "event.original", "message", "log", "MESSAGE")


def _first(value: Any) -> Any:
    return value[0] if isinstance(value, list) and value else value
