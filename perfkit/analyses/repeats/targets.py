"""What spans call: statements, cache commands, URLs and remote procedures as targets."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from perfkit.analyses import groups
from perfkit.analyses.repeats.answered import routed
from perfkit.analyses.repeats.cache_command import command_template
from perfkit.analyses.repeats.calls import Target, codes, numbered, texts
from perfkit.analyses.repeats.document_command import document_template, is_document
from perfkit.analyses.repeats.http_method import METHODS, method_in, methods
from perfkit.analyses.repeats.url import templated

if TYPE_CHECKING:
    from collections.abc import Callable

    import pyarrow as pa
    from numpy.typing import NDArray

__all__ = [
    "CACHE",
    "HTTP",
    "NAMED",
    "NONE",
    "QUEUE",
    "RPC",
    "SQL",
    "classes",
    "targets",
]

NONE, SQL, CACHE, HTTP, RPC, QUEUE, NAMED = range(7)
_KIND = ("", "sql", "cache", "http", "rpc", "queue", "sql")
_COLUMNS = ("fingerprint", "fingerprint_id", "statement", "url", "route", "name", "peer")
#: What distinguishes the targets of a class.
_KEYS = {
    SQL: ("fingerprint_id",),
    CACHE: ("statement", "name", "peer"),
    HTTP: ("url", "route", "name", "peer"),
    RPC: ("url", "name", "peer"),
    QUEUE: ("name", "peer"),
    NAMED: ("name", "peer"),
}
_CUT_OFF = ("...", "…")
# Database spans without their statement, whose name tells the operation and on what it works:
# Elastic's "SELECT FROM items", OpenTelemetry's "SELECT shop.items", "items.find",
# "DynamoDB.GetItem". A name such as "SELECT shop" tells the database alone.
_NAMED = re.compile(
    r"(?i)(?:select from [\w.\"`]+|(?:select|find|get) [\w\"`]+\.[\w.\"`]+"
    r"|dynamodb\.(?:getitem|query)|(?!mongo|db\.|mongodb)[\w-]+\.(?:find|findone|find_one))"
)


def classes(rows: pa.Table, served: NDArray[np.bool_], leaf: NDArray[np.bool_]) -> Any:
    """Return for every span which kind of call it is (:data:`NONE`: none).

    ``leaf``: it has no spans below it.
    """
    kind, category = (_members(rows[name]) for name in ("kind", "category"))
    statement, url = (_known(rows[name]) for name in ("fingerprint_id", "url"))
    cache, calling = category("cache"), kind("client")
    remote = category("rpc") & calling
    named = _known(rows["route"]) | _matches(rows["name"], _path_named)
    http = (calling | category("http")) & (url | (category("http") & named))
    operation = category("db") & leaf & _matches(rows["name"], _operation)
    found = np.zeros(len(rows), np.int8)
    # what comes later goes before
    for of, where in (
        (NAMED, operation),
        (QUEUE, kind("producer")),
        (HTTP, http),
        (RPC, remote),
        (SQL, statement),
        (CACHE, cache),
    ):
        found[where] = of
    found[served] = NONE
    return found


def _known(column: pa.ChunkedArray) -> NDArray[np.bool_]:
    known: NDArray[np.bool_] = column.is_valid().to_numpy()
    return known


def _members(column: pa.ChunkedArray) -> Callable[[str], NDArray[np.bool_]]:
    found = groups.encode(column)
    return lambda label: np.asarray(
        found.codes == (found.labels.index(label) if label in found.labels else -1)
    )


def _matches(column: pa.ChunkedArray, test: Callable[[str], bool]) -> NDArray[np.bool_]:
    found = groups.encode(column)
    wanted = np.array([bool(text) and test(text or "") for text in found.labels], np.bool_)
    return np.asarray(wanted[found.codes])


def _path_named(name: str) -> bool:
    method, _, rest = name.partition(" ")
    return method_in(method) > 0 and rest.startswith("/")


def _operation(name: str) -> bool:
    return bool(_NAMED.fullmatch(name[:200]))


def targets(rows: pa.Table, kinds: Any) -> tuple[NDArray[np.int64], list[Target]]:
    """Return the number of the target of every row (of no :data:`NONE`), and the targets."""
    place: dict[Target, int] = {}
    target = np.zeros(len(rows), np.int64)
    for kind, names in _KEYS.items():
        mine = np.flatnonzero(kinds == kind)
        if not len(mine):
            continue
        chosen = rows.take(mine)
        method = methods(chosen) if kind == HTTP else np.zeros(len(mine), np.int64)
        distinct, first = numbered(*codes_of(chosen, names), method)
        columns = zip(*(texts(chosen[name], first) for name in _COLUMNS), strict=True)
        number = [
            place.setdefault(_target(kind, values, METHODS[which]), len(place))
            for values, which in zip(columns, method[first], strict=True)
        ]
        target[mine] = np.array(number, np.int64)[distinct]
    return target, list(place)


def codes_of(rows: pa.Table, names: tuple[str, ...]) -> list[NDArray[np.int64]]:
    """Return the columns as numbers."""
    return [codes(rows[name])[0] for name in names]


def _target(kind: int, values: tuple[str | None, ...], method: str) -> Target:
    """Return what a span calls, from its columns."""
    value = dict(zip(_COLUMNS, values, strict=True))
    name = value["name"] or ""
    if kind == SQL:
        return _statement(value["fingerprint"] or "", value["fingerprint_id"])
    if kind == CACHE:
        text = command_template(value["statement"] or name)
        return Target(fingerprint=text, peer=value["peer"], kind="cache", told=" " in text)
    if kind == HTTP:
        return Target(url=_http(value, method), peer=value["peer"], kind="http")
    if kind == RPC:
        return Target(url=value["url"] or name, peer=value["peer"], kind="rpc")
    text = name.lower()
    return Target(fingerprint=text, peer=value["peer"], kind=_KIND[kind], told=False)


def _statement(fingerprint: str, identifier: str | None) -> Target:
    if is_document(fingerprint):
        return Target(fingerprint=document_template(fingerprint))
    # of a statement that was cut off, the rest may differ
    told = not fingerprint.endswith(_CUT_OFF)
    return Target(fingerprint=fingerprint, fingerprint_id=identifier, told=told)


def _http(value: dict[str, str | None], method: str) -> str:
    name, url, route = value["name"] or "", value["url"], value["route"]
    shown = routed(templated(url), route) if url else route or name.partition(" ")[2]
    return f"{method} {shown}".strip()
