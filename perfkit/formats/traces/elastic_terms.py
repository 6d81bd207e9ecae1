"""Elastic APM's own terms -> the tables' terms, for the intake protocol and for documents alike.

Checked: elastic/apm (tests/agents/json-specs/span_types.json, specs/agents/tracing-spans*.md)
and elastic/apm-data (modeldecoder/v2/decoder.go: type ``db.postgresql.query`` is type, subtype
and action; outcomes where an agent sends none; kinds by type).
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from perfkit.formats.traces import ids
from perfkit.formats.traces.conventions import Facts, category_of_type, system_named
from perfkit.routes import path_template

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "SpanType",
    "called",
    "calls",
    "failed",
    "identifier",
    "joined",
    "kind_of_span",
    "kind_of_transaction",
    "nanoseconds",
    "served",
    "span_type",
]

#: Statuses from which on a call, and a request served, has failed.
_CALL_FAILED, _REQUEST_FAILED = 400, 500
_LONGEST_ID = 1024
#: What no agent counts to.
_MOST_CALLS = 1 << 31
_CALLS = frozenset({"db", "cache", "http", "rpc", "file"})
#: What agents called types before version 7.
_TODAY = {"ext": "external"}
_SENDS = frozenset({"send", "publish", "produce"})
_RECEIVES = frozenset({"receive", "poll", "consume", "process"})
_KINDS = frozenset({"client", "server", "producer", "consumer", "internal"})
_NAMED = re.compile(r"([A-Z]+) (/.*)")
_PROCEDURE = re.compile(r"/?[\w.$]+/\w+")
_PORT = re.compile(r"(\[[^\]]*\]|[^:]*):[0-9]+")


class SpanType(NamedTuple):
    """What a span does: ``db``, ``postgresql``, ``query``; and its category, where that tells."""

    type: str
    subtype: str | None
    action: str | None
    category: str | None


@lru_cache(maxsize=8192)
def span_type(kind: str | None, subtype: str | None, action: str | None) -> SpanType:
    """Divide a type that is written as one, and name the category.

    Example:
        >>> span_type("db.postgresql.query", None, None)
        SpanType(type='db', subtype='postgresql', action='query', category='db')
    """
    whole = kind or ""
    if not subtype and not action:
        whole, _, rest = whole.partition(".")
        subtype, _, action = rest.partition(".")
    named = ".".join(filter(None, (_TODAY.get(whole, whole), subtype)))
    return SpanType(whole, subtype or None, action or None, category_of_type(named))


def kind_of_span(what: SpanType, said: str | None) -> str:
    """Return the kind of a span; ``said`` is OpenTelemetry's, where its bridge was used."""
    named = (said or "").lower()
    if named in _KINDS:
        return named
    if what.type == "messaging":
        action = (what.action or "").lower()
        return "producer" if action in _SENDS else "consumer" if action in _RECEIVES else "internal"
    return "client" if what.category in _CALLS else "internal"


def kind_of_transaction(kind: str | None, said: str | None, *, serves: bool) -> str:
    """Return the kind of a transaction; ``serves``: it has a request in it."""
    named = (said or "").lower()
    if named in _KINDS:
        return named
    if kind == "messaging":
        return "consumer"
    return "server" if kind == "request" or serves else "internal"


def called(found: Facts, what: SpanType, resource: Any, name: str | None) -> Facts:
    """Add what was called: the system of a database, and the destination's own name for it.

    ``name``: of the span, which for gRPC and Dubbo is all that tells the procedure.
    """
    if what.category in {"db", "cache"} and what.subtype:
        found = found._replace(system=system_named(what.subtype) or found.system)
    if what.category == "rpc" and not found.url and _PROCEDURE.fullmatch(name or ""):
        found = found._replace(url=f"{what.subtype or 'rpc'}://{(name or '').lstrip('/')}")
    return found._replace(peer=resource) if resource and isinstance(resource, str) else found


def served(found: Facts, name: str) -> Facts:
    """Add the route of a transaction that serves: agents name it ``GET /orders/{id}``."""
    client = _PORT.fullmatch(found.client or "")
    found = found._replace(peer=None, client=client[1] if client else found.client)
    if found.route or not name:
        return found
    named = _NAMED.fullmatch(name)
    if named is None:
        return found._replace(route=name)
    return found._replace(route=path_template(named[2]), method=found.method or named[1])


def joined(own: Mapping[str, Any], *objects: bytes) -> bytes:
    """Return one JSON object with what is known of ``own`` and all that is in ``objects``.

    What is no object (``null``) has nothing in it.
    """
    known = {name: value for name, value in own.items() if value is not None}
    inner = [msgspec.json.encode(known)[1:-1], *(o[1:-1].strip() for o in objects if o[:1] == b"{")]
    return b"{" + b",".join(filter(None, inner)) + b"}"


def failed(outcome: str | None, status: int | None, *, served: bool) -> bool | None:
    """Say whether an event failed; None: nobody knows."""
    if outcome in {"failure", "success"}:
        return outcome == "failure"
    if outcome or status is None:
        return None
    return status >= (_REQUEST_FAILED if served else _CALL_FAILED)


def identifier(text: str | None, digits: int) -> str | None:
    """Return an id: hexadecimal digits padded, others as they are; None: there is none."""
    if not text or len(text) > _LONGEST_ID:
        return None
    return ids.from_hex(text, digits) or text


def calls(count: float | None) -> int | None:
    """Return how many calls a composite span stands for."""
    return int(count) if count and 1 <= count < _MOST_CALLS else None


def nanoseconds(value: float | None, each: int) -> int | None:
    """Return ``value`` units of ``each`` nanoseconds as whole ones that fit the table's type."""
    if value is None:
        return None
    try:
        ns = value * each if isinstance(value, int) else round(value * each)
    except (ValueError, OverflowError):
        return None
    return ns if 0 <= ns < 1 << 63 else None
