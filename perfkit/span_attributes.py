"""What a span's ``attributes`` say, whichever format wrote them.

A recording keeps the bytes of the input. Known shapes: OTLP's ``[{"key": k, "value":
{"stringValue": v}}]``, Jaeger's ``[{"key": k, "type": t, "value": v}]``, and objects, whose
inner objects' keys are joined by dots (Datadog's ``meta.http.url``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["attributes", "decoded", "resources"]

_DEEPEST = 20
_SCALARS = ("stringValue", "intValue", "doubleValue", "boolValue", "bytesValue")


def decoded(raw: bytes | str | None) -> dict[str, Any]:
    """Return the attributes of one span by name; what is no JSON has none.

    Lists stay lists. OTLP's int64, which is a text there, becomes an integer.

    Example:
        >>> decoded(b'[{"key": "http.route", "value": {"stringValue": "/orders"}}]')
        {'http.route': '/orders'}
        >>> decoded(b'{"meta": {"http.url": "/a"}, "metrics": {"rows": 2}}')
        {'meta.http.url': '/a', 'metrics.rows': 2}
    """
    if not raw:
        return {}
    try:
        found = msgspec.json.decode(raw)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return {}
    if isinstance(found, dict):
        return dict(_flat("", found, 0))
    if isinstance(found, list):
        return {
            str(pair["key"]): _value(pair.get("value"), 0)
            for pair in found
            if isinstance(pair, dict) and "key" in pair
        }
    return {}


def attributes(spans: pa.Table, rows: Sequence[int] | None = None) -> list[dict[str, Any]]:
    """Return the attributes of some spans; equal bytes are decoded once."""
    return _each(spans["attributes"], rows)


def resources(spans: pa.Table, rows: Sequence[int] | None = None) -> list[dict[str, Any]]:
    """Return what describes the process of each span (host, version, region, ...)."""
    return _each(spans["resource"], rows)


def _each(column: pa.ChunkedArray, rows: Sequence[int] | None) -> list[dict[str, Any]]:
    chosen = column if rows is None else column.take(pa.array(rows, pa.int64()))
    known: dict[Any, dict[str, Any]] = {}
    found = []
    for raw in chosen.to_pylist():
        if raw not in known:
            known[raw] = decoded(raw)
        found.append(known[raw])
    return found


def _flat(prefix: str, item: dict[str, Any], depth: int) -> Iterator[tuple[str, Any]]:
    for key, value in item.items():
        name = f"{prefix}{key}"
        if isinstance(value, dict) and depth < _DEEPEST:
            yield from _flat(f"{name}.", value, depth + 1)
        else:
            yield name, value


def _value(value: Any, depth: int) -> Any:
    """Return an OTLP ``AnyValue`` as a plain one; other values as they are."""
    if not isinstance(value, dict) or depth > _DEEPEST:
        return value
    for name in _SCALARS:
        if value.get(name) is not None:
            return _integer(value[name]) if name == "intValue" else value[name]
    listed = value.get("arrayValue")
    if isinstance(listed, dict):
        return [_value(one, depth + 1) for one in listed.get("values") or ()]
    pairs = value.get("kvlistValue")
    if isinstance(pairs, dict):
        return {
            str(pair["key"]): _value(pair.get("value"), depth + 1)
            for pair in pairs.get("values") or ()
            if isinstance(pair, dict) and "key" in pair
        }
    return None


def _integer(value: Any) -> Any:
    try:
        return int(value)
    except (TypeError, ValueError):
        return value
