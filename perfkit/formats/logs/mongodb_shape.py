"""The shape of one MongoDB command: field names and operators kept, every value ``?``.

``{"find": "orders", "filter": {"status": "open", "total": {"$gt": 5}}, "sort": {"created": -1}}``
is ``find`` and ``filter {status: ?, total: {$gt: ?}} sort {created: -1}``.

Predicates are sorted by name (drivers of languages with unordered maps send them in any
order); sort keys and the stages of a pipeline stay in theirs. Of the elements of a list those
that repeat an earlier one are gone, so that ``$in`` with 2 or 2,000 values is one shape.
In aggregation expressions ``"$total"`` is a field and stays; in filters it is a value.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["EXTENDED", "NAMING", "shape"]

#: The keys of MongoDB Extended JSON v1 and v2 whose object is one value.
_EXTENDED_KEYS = (
    "$oid $date $numberLong $numberInt $numberDouble $numberDecimal $uuid $binary $timestamp "
    "$regularExpression $undefined $minKey $maxKey $code $symbol $dbPointer"
)
EXTENDED = frozenset(_EXTENDED_KEYS.split())
#: Keys whose text names a collection or a field, not a value.
_NAMING_KEYS = (
    "from localField foreignField as into coll db connectFromField connectToField depthField "
    "key path includeArrayIndex startWith $out $count $unset $merge $unionWith"
)
NAMING = frozenset(_NAMING_KEYS.split())
_LOGICAL = frozenset({"$and", "$or", "$nor"})
_LISTS = frozenset({"$in", "$nin", "$all"})
_PLAIN = re.compile(r"[A-Za-z_$][\w$-]*(?:\.[\w$-]+)*", re.ASCII)
_PATH = re.compile(r"\$\$?[A-Za-z_][\w.]*", re.ASCII)
#: Parts of a dotted name that are data: positions in arrays, ObjectIds, UUIDs.
_DATA = re.compile(r"[0-9]+|[0-9a-fA-F]{24}|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
#: A number that somebody made part of a name.
_LONG_NUMBER = re.compile(r"[0-9]{8,}")
_DEEPEST = 40
_UNKNOWN = "?"


def shape(command: Any) -> tuple[str, str]:
    """Return the verb of a command and what it asks for; ``("", "")`` for what is none."""
    if not isinstance(command, dict) or not command:
        return "", ""
    if "q" in command:
        return _single_write(command)
    verb = next(iter(command))
    inner = command[verb]
    if verb == "explain" and isinstance(inner, dict):
        inner_verb, rest = shape(inner) if "explain" not in inner else ("", "")
        return f"explain {inner_verb}".strip(), rest
    verb = "findAndModify" if verb == "findandmodify" else verb
    return _name(verb), " ".join(_clauses(command, _CLAUSES.get(verb, {})))


def _clauses(command: dict[str, Any], known: dict[str, Callable[[Any], str]]) -> Iterable[str]:
    for key, render in known.items():
        value = command.get(key)
        if value not in (None, {}, [], False, 0):
            yield f"{key} {render(value)}".strip()


def _single_write(command: dict[str, Any]) -> tuple[str, str]:
    """Return one element of ``updates`` or ``deletes``, as MongoDB logs it by itself."""
    verb = "update" if "u" in command else "delete"
    return verb, _write(command)


def _write(one: Any) -> str:
    if not _is_object(one):
        return _UNKNOWN
    parts = [f"filter {_filter(one.get('q'))}"] if one.get("q") else []
    if "u" in one:
        parts.append(f"update {_changes(one['u'])}")
    parts += [flag for flag in ("multi", "upsert") if one.get(flag) is True]
    return " ".join(parts)


def _writes(value: Any) -> str:
    found = list(dict.fromkeys(map(_write, value))) if isinstance(value, list) else [_UNKNOWN]
    return found[0] if len(found) == 1 else f"[{'; '.join(found)}]"


def _changes(value: Any) -> str:
    """Return what an update does; a document that replaces the old one is a value."""
    if isinstance(value, list):
        return _pipeline(value)
    if not _is_object(value) or not any(key.startswith("$") for key in value):
        return _UNKNOWN
    return _object({key: _fields(item) for key, item in value.items()})


def _fields(value: Any) -> str:
    if not _is_object(value):
        return _UNKNOWN
    return _object({key: _condition(item) for key, item in value.items()})


def _filter(value: Any, depth: int = 0) -> str:
    if not _is_object(value) or depth > _DEEPEST:
        return _UNKNOWN
    return _object({key: _predicate(key, item, depth + 1) for key, item in value.items()})


def _predicate(key: str, value: Any, depth: int) -> str:
    if key in _LOGICAL and isinstance(value, list):
        return _folded(_filter(item, depth) for item in value)
    if key == "$expr":
        return _expression(value, depth)
    return _operand(key, value, depth) if key.startswith("$") else _condition(value, depth)


def _condition(value: Any, depth: int = 0) -> str:
    """Return what is asked of a field: operators, or a value."""
    if not _is_object(value) or not value or depth > _DEEPEST:
        return _UNKNOWN
    if not all(key.startswith("$") for key in value):
        return _UNKNOWN
    return _object({key: _operand(key, item, depth + 1) for key, item in value.items()})


def _operand(key: str, value: Any, depth: int) -> str:
    if key in _LISTS and isinstance(value, list):
        return _folded(_condition(item, depth) for item in value)
    if key == "$elemMatch":
        return _filter(value, depth)
    return _condition(value, depth) if key == "$not" else _UNKNOWN


def _pipeline(value: Any, depth: int = 0) -> str:
    stages = value if isinstance(value, list) else []
    return f"[{', '.join(_stage(item, depth + 1) for item in stages if _is_object(item))}]"


def _stage(stage: dict[str, Any], depth: int) -> str:
    return " ".join(
        f"{_name(operator)} {_argument(operator, value, depth)}".strip()
        for operator, value in stage.items()
    )


def _argument(operator: str, value: Any, depth: int) -> str:
    if operator == "$match":
        return _filter(value, depth)
    if operator == "$sort":
        return _order(value)
    if operator == "$facet" and _is_object(value):
        return _object({key: _pipeline(item, depth) for key, item in value.items()})
    return _expression(value, depth, key=operator, flags=operator == "$project")


def _expression(value: Any, depth: int, *, key: str = "", flags: bool = False) -> str:
    if _is_object(value) and depth <= _DEEPEST:
        return _members(value, depth + 1, flags=flags)
    if isinstance(value, list) and depth <= _DEEPEST:
        return _folded(_expression(item, depth + 1) for item in value)
    if isinstance(value, str) and (key in NAMING or _PATH.fullmatch(value)):
        return _name(value)
    return f"{int(value)}" if flags and _is_flag(value) else _UNKNOWN


def _members(value: dict[str, Any], depth: int, *, flags: bool) -> str:
    return _object({key: _member(key, item, depth, flags=flags) for key, item in value.items()})


def _member(key: str, value: Any, depth: int, *, flags: bool) -> str:
    if key == "pipeline":
        return _pipeline(value, depth)
    if key == "restrictSearchWithMatch":
        return _filter(value, depth)
    return _expression(value, depth, key=key, flags=flags and not key.startswith("$"))


def _order(value: Any) -> str:
    """Return sort keys, in their order, with their directions."""
    if not _is_object(value):
        return _UNKNOWN
    pairs = (
        f"{_name(key)}: {int(item) if _is_flag(item) else _UNKNOWN}" for key, item in value.items()
    )
    return f"{{{', '.join(pairs)}}}"


def _projection(value: Any) -> str:
    return _expression(value, 0, flags=True)


def _is_object(value: Any) -> bool:
    """Say whether a value has members of its own, and is no scalar of Extended JSON."""
    return isinstance(value, dict) and not EXTENDED & value.keys()


def _is_flag(value: Any) -> bool:
    return isinstance(value, int | float) and value in (-1, 0, 1)


def _object(pairs: dict[str, str]) -> str:
    named = sorted(f"{_name(key)}: {text}" for key, text in pairs.items())
    return f"{{{', '.join(dict.fromkeys(named))}}}"


def _folded(items: Iterable[str]) -> str:
    return f"[{', '.join(dict.fromkeys(items)) or _UNKNOWN}]"


def _name(key: str) -> str:
    """Return a field's name; quoted where it is odd, parts that are data as ``?``."""
    key = _LONG_NUMBER.sub("?", key)
    if "." in key:
        key = ".".join("?" if _DATA.fullmatch(part) else part for part in key.split("."))
    if _PLAIN.fullmatch(key.replace("?", "_")):
        return key
    return _UNKNOWN if key == _UNKNOWN or _DATA.fullmatch(key) else json.dumps(key)


def _text(value: Any) -> str:
    return _name(value) if isinstance(value, str) else _UNKNOWN


def _masked(_: Any) -> str:
    return _UNKNOWN


def _bare(_: Any) -> str:
    return ""


_CLAUSES: dict[str, dict[str, Callable[[Any], str]]] = {
    "find": {
        "filter": _filter,
        "projection": _projection,
        "sort": _order,
        "hint": _order,
        "skip": _masked,
        "limit": _masked,
    },
    "aggregate": {"pipeline": _pipeline, "hint": _order},
    "count": {"query": _filter, "limit": _masked, "skip": _masked},
    "distinct": {"key": _text, "query": _filter},
    "findAndModify": {
        "query": _filter,
        "sort": _order,
        "update": _changes,
        "remove": _bare,
        "upsert": _bare,
    },
    "update": {"updates": _writes},
    "delete": {"deletes": _writes},
    "mapReduce": {"query": _filter, "sort": _order},
    "bulkWrite": {"ops": _masked},
    "createIndexes": {},
}
