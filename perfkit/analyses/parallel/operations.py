"""What a call does: its name, whether it only reads, whether others may hang on its answer."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from perfkit.analyses.repeats.cache_command import command_template
from perfkit.analyses.repeats.calls import Target
from perfkit.analyses.repeats.statement_kinds import writes
from perfkit.routes import path_template

__all__ = ["Call", "Operation", "operation", "spoken"]


class Call(NamedTuple):
    """The columns of a span that say what it calls.

    ``text``: the fingerprint of a statement, or a cache's command as it is.
    """

    category: str | None
    name: str | None
    text: str | None
    fingerprint_id: str | None
    url: str | None
    peer: str | None


class Operation(NamedTuple):
    """One thing that is called, however often.

    ``reads``: it changes nothing; None where the span does not say. ``guards``: what comes
    next may depend on its answer without naming it: a token, a permission, a lock, a flag.
    """

    name: str
    kind: str
    reads: bool | None
    guards: bool
    peer: str | None = None
    fingerprint_id: str | None = None


_METHOD = re.compile(r"(?<![A-Za-z])(GET|HEAD|OPTIONS|POST|PUT|PATCH|DELETE|QUERY)(?![A-Za-z])")
_SAFE = frozenset({"GET", "HEAD", "OPTIONS", "QUERY"})  # RFC 9110, section 9.2.1
_LOCKS = re.compile(r"\bfor (update|share|no key update|key share)\b|\b(nextval|\w*lock\w*) ?\(")
_SELECTS = re.compile(r"\(*(select|with|values|table|find|aggregate|match)\b")
# methods as gRPC's and database clients' names have them: GetCart, list_orders, findOne
_READS = re.compile(
    r"(?<![a-z])(?:get|list|find|search|read|fetch|query|lookup|count|describe|load|select|scan"
    r"|aggregate|distinct|exists)(?![a-z])"
)
_CHANGES = re.compile(
    r"(?<![a-z])(?:get(?:or)?set|getdel|getex|incr|create|insert|update|delete|upsert|set|put|add"
    r"|remove|push|pop|publish|send|charge|pay|commit)(?![a-z])"
)
# Commands of Redis and methods of memcached's clients that change nothing.
_CACHE_READS = re.compile(
    r"m?gets?|getrange|exists|p?ttl|strlen|h(?:get|mget|getall|exists|keys|vals|len)|scard"
    r"|s(?:members|m?ismember)|l(?:range|index|len)|z(?:range|revrange|score|card|count|rank)"
    r"|zrangebyscore|get_(?:multi|many)|lookup|fetch|read"
)
_GUARDS = re.compile(
    r"(?<![a-z])(?:auth(?!or(?:s|ed|ship)?(?![a-z]))|oauth|oidc|token|log ?in(?![a-z])"
    r"|sign ?in(?![a-z])|session|jwt|jwks|introspect|permission|acls?(?![a-z])|rbac"
    r"|opa(?![a-z])|entitle|credential|secret|vault|sts(?![a-z])|sso(?![a-z])|saml|captcha|csrf|otp(?![a-z])|mfa(?![a-z])"
    r"|rate ?limit|throttl|quota|feature ?flag|flags?(?![a-z])|toggle|config|discover"
    r"|(?:un)?lock(?:s|ed|ing)?(?![a-z])|lease|mutex|semaphore|health|idempot|tenant|verif|validat"
    r"|whoami|userinfo)"
)
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_VARIABLE = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}|\d+")
# a segment with three digits or more: "order-1077", "u_20260301"
_NUMBERED = re.compile(r"(?<=/)(?=(?:[^/{\d]*\d){3})[^/{}]+")
_LONGEST = 2000  # characters of a text that are looked at


def operation(call: Call) -> Operation | None:
    """Return what a span calls; None where nothing tells it from other calls."""
    if call.category == "cache":
        return _cache(call)
    if call.text:
        return _statement(call)
    if call.url and call.category != "rpc":
        return _http(call)
    return _named(call) if call.name else None


def spoken(*texts: str | None) -> str:
    """Return texts as lower-case words: ``CheckQuota`` becomes ``check quota``.

    Example:
        >>> spoken("CheckQuota", None, "rate-limit")
        'check quota rate limit'
    """
    joined = " ".join(text[:_LONGEST] for text in texts if text)
    return re.sub(r"[_\-]+", " ", _CAMEL.sub(" ", joined)).lower()


def guards(*texts: str | None) -> bool:
    """Say whether the words name something whose answer decides on what comes next."""
    return bool(_GUARDS.search(spoken(*texts)))


def _statement(call: Call) -> Operation:
    text = (call.text or "")[:_LONGEST]
    changes = writes(Target(fingerprint=text, kind="sql")) or _LOCKS.search(text)
    reads = False if changes else True if _SELECTS.match(text) else _by_name(call.name)
    return Operation(call.text or "", "db", reads, guards(text), call.peer, call.fingerprint_id)


def _http(call: Call) -> Operation:
    return _request(call.name, call.peer, *_address(call.url or ""))


@lru_cache(maxsize=8192)
def _request(name: str | None, peer: str | None, host: str, path: str) -> Operation:
    found = _METHOD.search(name or "")
    method = found[1] if found else None
    reads = method in _SAFE if method else None
    shown = f"{host or peer or ''}{path}"
    guarded = guards(name, path, host)
    return Operation(f"{method} {shown}" if method else shown, "http", reads, guarded, peer or host)


def _address(url: str) -> tuple[str, str]:
    """Return host and templated path of a URL, without user, query and fragment."""
    scheme, marked, rest = url[:_LONGEST].partition("?")[0].partition("#")[0].partition("//")
    if not marked or (scheme and not scheme.endswith(":")):
        return "", _path(f"{scheme}{marked}{rest}")
    host, _, path = rest.partition("/")
    return host.rpartition("@")[2], _path(f"/{path}")


def _path(path: str) -> str:
    return _NUMBERED.sub("{id}", path_template(path))


def _cache(call: Call) -> Operation:
    name = command_template(call.text or call.name or "") or "cache"
    verb, _, key = name.partition(" ")
    reads = bool(_CACHE_READS.fullmatch(re.split(r"[^a-z_]+", verb)[-1]))
    return Operation(name, "cache", reads, guards(key, call.name), call.peer, call.fingerprint_id)


def _named(call: Call) -> Operation:
    name = _templated(call.name or "")
    kind = call.category if call.category in {"db", "http", "queue", "rpc"} else "rpc"
    method = _METHOD.search(name)
    reads = (method[1] in _SAFE) if method else _by_name(name)
    if kind == "queue":
        reads = False  # a message that was received is gone, one that was sent is there
    return Operation(name, kind, reads, guards(name, call.peer), call.peer)


def _by_name(name: str | None) -> bool | None:
    """Say whether a method's name is that of a read: the last part of ``shop.Carts/GetCart``."""
    words = spoken(re.split(r"[/.:]", (name or "").rstrip("/"))[-1])
    if _CHANGES.search(words):
        return False
    return True if _READS.search(words) else None


def _templated(text: str) -> str:
    return _VARIABLE.sub("{id}", text[:_LONGEST])
