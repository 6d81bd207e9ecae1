"""What the tags of a Jaeger span say: facts, kind, error; equal tags are read once.

Checked: the names of OpenTracing's semantic conventions (``db.type``, ``peer.hostname``, ...),
which Jaeger's own clients used, and the translation between OTLP and Jaeger in
pkg/translator/jaeger of opentelemetry-collector-contrib: ``span.kind``, ``error`` (true wins
over ``otel.status_code``), ``otel.status_description``, ``http.status_message``; an event's name
is the field ``event``. ``sampler.type`` and ``sampler.param`` are Jaeger's client SDK's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from perfkit.formats.traces.conventions import Facts, facts
from perfkit.formats.traces.conventions.facts import facts_of
from perfkit.formats.traces.conventions.meanings import Meaning, meaning, slots_of_meanings
from perfkit.formats.traces.conventions.names import place
from perfkit.formats.traces.jaeger_model import BROKEN, NOTHING, Process, Tag

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = [
    "Emitter",
    "Told",
    "emitter",
    "exception_among",
    "exception_in",
    "meaning_of",
    "plain",
    "process_of",
    "tags_of",
    "told_by",
    "told_together",
]

_KINDS = frozenset({"server", "client", "producer", "consumer", "internal"})
_SAID = ("otel.status_description", "http.status_message", "error.message")
#: The tags that are asked for here.
_ASKED = frozenset(
    {"error", "otel.status_code", "span.kind", "sampler.type", "sampler.param", *_SAID}
)
_FALSE = frozenset({"", "false", "0", "none", "null"})


class Told(NamedTuple):
    """What tags say; ``said`` is the error's text as far as the tags have one.

    ``sampled`` is the share of traces that were kept; ``attributes`` are the tags for the table,
    where they are not taken as the input has them.
    """

    facts: Facts
    kind: str | None
    failed: bool
    said: str | None
    sampled: float | None
    attributes: bytes = b""

    def error(self, exception: str | None) -> str | None:
        """Return the error's text, given what the logs have; None: the span did not fail."""
        return (self.said or exception or self.facts.error or "error") if self.failed else None


class Emitter(NamedTuple):
    """What a process says: its service, and the rest as JSON."""

    service: str | None
    resource: str | None


class _Pair(msgspec.Struct, gc=False):
    key: str
    value: Any = None


class _Log(msgspec.Struct, gc=False):
    fields: list[Tag] | None = None


_pair = msgspec.json.Decoder(_Pair)
_pairs = msgspec.json.Decoder(list[_Pair])
_tags = msgspec.json.Decoder(list[Tag])
_map = msgspec.json.Decoder(dict[str, Any])
_logs = msgspec.json.Decoder(list[_Log])
_process = msgspec.json.Decoder(Process)


def tags_of(raw: msgspec.Raw | bytes) -> dict[str, Any]:
    """Return tags by key; of a key that is there twice, the last counts."""
    try:
        return {pair.key: pair.value for pair in _pairs.decode(raw)}
    except BROKEN:
        return {}


def plain(tags: msgspec.Raw | bytes, fields: msgspec.Raw | bytes) -> dict[str, Any]:
    """Return the tags as Elasticsearch has them: a list whose values are texts, and a map.

    Numbers and flags become such again, ``@`` in names of the map the dots they were.
    """
    try:
        found = {tag.key: _typed(tag) for tag in _tags.decode(tags)}
    except BROKEN:
        found = {}
    if fields is NOTHING:
        return found
    try:
        return found | {key.replace("@", "."): value for key, value in _map.decode(fields).items()}
    except BROKEN:
        return found


def _typed(tag: Tag) -> Any:
    value = tag.value
    if not isinstance(value, str) or tag.type in {"string", "binary", ""}:
        return value
    if tag.type == "bool":
        return value.lower() == "true"
    try:
        return int(value) if tag.type == "int64" else float(value)
    except ValueError:
        return value


def told_by(tags: Mapping[str, Any]) -> Told:
    """Read the tags of a span."""
    return _told(facts(tags), tags)


def meaning_of(raw: bytes) -> Meaning | None:
    """Return what one tag means; None: nothing that :func:`told_by` asks for."""
    tag = _pair.decode(raw)
    known = tag.key in _ASKED or place(tag.key) is not None
    return meaning(tag.key, tag.value) if known else None


def told_together(meanings: Sequence[Meaning]) -> Told:
    """Return what :func:`told_by` says of tags whose meanings are known."""
    tags = {name.text: written for name, _, written in meanings if name.text in _ASKED}
    return _told(facts_of(slots_of_meanings(meanings)), tags)


def _told(said: Facts, tags: Mapping[str, Any]) -> Told:
    """Return what the conventions know, with what Jaeger's own tags say."""
    marked = "error" in tags or "otel.status_code" in tags
    failed = marked and _failed(tags)
    return Told(
        said,
        _kind(tags) if "span.kind" in tags else None,
        failed,
        _said(tags) if failed else None,
        _sampled(tags) if "sampler.type" in tags else None,
    )


def _kind(tags: Mapping[str, Any]) -> str | None:
    kind = str(tags["span.kind"]).lower()
    return kind if kind in _KINDS else None


def _failed(tags: Mapping[str, Any]) -> bool:
    """Say whether the span failed; the tag may be a flag, its text, or an error's message."""
    marked = str(tags.get("error", "")).lower() not in _FALSE
    return marked or str(tags.get("otel.status_code", "")).upper() == "ERROR"


def _said(tags: Mapping[str, Any]) -> str | None:
    text = next((str(tags[name]) for name in _SAID if tags.get(name)), None)
    if text:
        return text
    marked = tags.get("error")
    is_flag = not isinstance(marked, str) or marked.lower() in {"true", "1", *_FALSE}
    return None if is_flag else str(marked)


def _sampled(tags: Mapping[str, Any]) -> float | None:
    """Return the share of traces that were kept, where the root span says it."""
    if tags["sampler.type"] != "probabilistic":
        return None
    try:
        share = float(tags.get("sampler.param", 1))
    except (TypeError, ValueError):
        return None
    return share if 0 < share < 1 else None


def exception_in(logs: msgspec.Raw | bytes) -> str | None:
    """Return the last exception in a span's logs, as ``ValueError: no such item``."""
    try:
        found = _logs.decode(logs)
    except BROKEN:
        return None
    return exception_among({f.key: f.value for f in log.fields or ()} for log in found)


def exception_among(logs: Iterable[Mapping[str, Any]]) -> str | None:
    """Return the last exception among logs.

    OpenTelemetry's fields are ``exception.type`` and ``exception.message``, OpenTracing's
    ``error.kind`` and ``message`` (of the event ``error``).
    """
    texts = [_exception(fields) for fields in logs]
    return next((text for text in reversed(texts) if text), None)


def _exception(fields: Mapping[str, Any]) -> str | None:
    kind = fields.get("exception.type") or fields.get("error.kind")
    message = fields.get("exception.message")
    if message is None and (kind or fields.get("event") == "error"):
        message = fields.get("message") or fields.get("error.object")
    return ": ".join(str(part) for part in (kind, message) if part) or None


def process_of(raw: msgspec.Raw | bytes) -> Emitter:
    """Return what a process says."""
    try:
        found = _process.decode(raw)
    except BROKEN:
        return Emitter(None, None)
    return emitter(found.serviceName, plain(found.tags, found.tag))


def emitter(service: str | None, tags: Mapping[str, Any]) -> Emitter:
    """Return a service with what describes its process."""
    return Emitter(service or None, msgspec.json.encode(tags).decode() if tags else None)
