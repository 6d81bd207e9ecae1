"""Operations of the wire protocol before commands (up to 3.4), as the commands they are now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from perfkit.formats.logs.mongodb_queries import GET_MORE

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["DOCUMENTS", "as_command"]

#: What a log line or a document of the profiler may say of an operation.
DOCUMENTS = frozenset({"command", "originatingCommand", "query", "update"})
_QUERY_PARTS = {"$query": "filter", "query": "filter", "$orderby": "sort", "orderby": "sort"}


def as_command(
    kind: str, namespace: str, documents: Mapping[str, dict[str, Any]]
) -> tuple[dict[str, Any], str]:
    """Return an operation as a command, and ``getMore`` when it only went on with it.

    Args:
        kind: ``command query getmore update remove insert``.
        namespace: ``shop.orders``.
        documents: those of :data:`DOCUMENTS` that are known.
    """
    collection = namespace.partition(".")[2]
    opened, command = documents.get("originatingCommand"), documents.get("command", {})
    query = documents.get("query", {})
    if opened:
        return opened, GET_MORE
    if command:
        return command, ""
    if kind == "command":
        return query, ""
    if kind in {"query", "getmore"}:
        return _find(collection, query), GET_MORE if kind == "getmore" else ""
    if kind == "update":
        return {"q": query, "u": documents.get("update", {})}, ""
    return ({"q": query}, "") if kind == "remove" else ({kind: collection}, "")


def _find(collection: str, query: dict[str, Any]) -> dict[str, Any]:
    """Return a query as the find command that drivers send since 3.2."""
    if "find" in query or "aggregate" in query:
        return query
    parts = {_QUERY_PARTS[key]: value for key, value in query.items() if key in _QUERY_PARTS}
    return {"find": collection, **(parts if "filter" in parts else {"filter": query})}
