"""Commands of MongoDB as instrumentations write them -> JSON as MongoDB's own logs have it.

Java writes the whole command, Node its filter, Python ``find`` or ``find {'a': 1}``, Datadog
``find orders {"a": "?"}``; operation and collection are then attributes of their own.
"""

from __future__ import annotations

import json
import re

__all__ = ["command"]

#: What a bare filter (or pipeline) is called in a command.
_CLAUSES = {
    "find": "filter",
    "count": "query",
    "distinct": "query",
    "findAndModify": "query",
    "findandmodify": "query",
    "aggregate": "pipeline",
}
_WRITES = {"update": "updates", "delete": "deletes"}
_WORDS = re.compile(r"([A-Za-z]{1,40})(?:\s+([^\s{\[]+))?\s*([{\[].*)?", re.DOTALL)
_FIRST_KEY = re.compile(r'\s*\{\s*"([A-Za-z]{1,40})"\s*:\s*("[^"]*")?')
_PYTHON = re.compile(
    r"'((?:[^'\\]|\\.)*)'"  # a string
    r"|\b(?:ObjectId|datetime\.datetime|UUID|Decimal128|Regex|Int64|Binary)\([^()]*\)"
    r"|\b(?:True|False|None)\b",
    re.DOTALL,
)
_CONSTANTS = {"True": "true", "False": "false", "None": "null"}


def command(statement: str | None, operation: str | None, collection: str | None) -> str | None:
    """Return a whole command; what cannot be understood comes back as it is.

    Example:
        >>> command('{"status": "?"}', "find", "orders")
        '{"find":"orders","filter":{"status": "?"}}'
        >>> command("find orders", None, None)
        '{"find":"orders"}'
    """
    if not statement:
        return _built(operation, collection, "") if operation else None
    if statement.lstrip()[:1] not in {"{", "["}:
        return _from_words(statement, operation, collection)
    first = _FIRST_KEY.match(statement)
    if first and _is_command(first, operation):
        return _named(statement, first, collection)
    return _built(operation, collection, statement) if operation else statement


def _is_command(first: re.Match[str], operation: str | None) -> bool:
    if operation:
        return first[1].lower() == operation.lower()
    return first[2] is not None and (first[1] in _CLAUSES or first[1] in {*_WRITES, "insert"})


def _named(statement: str, first: re.Match[str], collection: str | None) -> str:
    """Put the collection where a masking instrumentation left ``"?"``."""
    if first[2] != '"?"' or not collection:
        return statement
    return statement[: first.start(2)] + json.dumps(collection) + statement[first.end(2) :]


def _from_words(statement: str, operation: str | None, collection: str | None) -> str:
    found = _WORDS.fullmatch(statement.strip())
    if not found or (operation and found[1].lower() != operation.lower()):
        return statement
    return _built(found[1], collection or found[2], found[3] or "")


def _built(operation: str | None, collection: str | None, body: str) -> str:
    verb = operation or ""
    start = f"{json.dumps(verb)}:{json.dumps(collection or '')}"
    if "'" in body and '"' not in body:
        body = _PYTHON.sub(_as_json, body)
    if body and verb in _CLAUSES:
        return f"{{{start},{json.dumps(_CLAUSES[verb])}:{body}}}"
    if body and verb in _WRITES and body.startswith("{"):
        return f'{{{start},"{_WRITES[verb]}":[{{"q":{body}}}]}}'
    return f"{{{start}}}"


def _as_json(found: re.Match[str]) -> str:
    return json.dumps(found[1]) if found[1] is not None else _CONSTANTS.get(found[0], '"?"')
