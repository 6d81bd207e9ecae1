"""JSON plans inside of other text: behind a log's prefix, in a frame, cut off at the end."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from perfkit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["MAX_DEPTH", "Repaired", "decoded", "documents", "is_document", "repaired"]

#: A plan that is nested deeper is none that a planner made.
MAX_DEPTH = 300

_START = re.compile(r"\[\s*+\{|\{\s*+\"")
_TOKEN = re.compile(r'"(?>(?:[^"\\\n]++|\\.)*+)"|[{}\[\],]|"')
_TRIES = 50
_CLOSING = {"{": "}", "[": "]"}


class Repaired(NamedTuple):
    """A document that was cut off: what of it could be read, and the place of the cut."""

    document: dict[str, Any]
    lost: str


def decoded(text: str) -> Any:
    """Decode JSON. Up to version 12 a parallel Sort had two ``Workers``: they become one.

    Raises:
        ValueError: it is no JSON.
        InputError: it is nested too deep.
    """
    hook = _merged if text.count('"Workers"') > 1 else None
    try:
        return json.loads(text, object_pairs_hook=hook)
    except RecursionError:
        raise too_deep() from None


def too_deep() -> InputError:
    """Return the error of a plan that is nested too deep."""
    return InputError(f"read_plan: the plan is nested deeper than {MAX_DEPTH} levels")


def _merged(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    lists = [value for key, value in pairs if key == "Workers" and isinstance(value, list)]
    workers: dict[Any, dict[str, Any]] = {}
    for worker in (one for each in lists for one in each if isinstance(one, dict)):
        workers.setdefault(str(worker.get("Worker Number")), {}).update(worker)
    return found | ({"Workers": list(workers.values())} if workers else {})


def is_document(value: Any) -> bool:
    """Whether ``value`` is what EXPLAIN prints: an object with a plan."""
    return isinstance(value, dict) and isinstance(value.get("Plan"), dict)


def documents(text: str) -> Iterator[dict[str, Any]]:
    """Yield the documents in ``text``; brackets of log prefixes are tried and passed over."""
    hook = _merged if text.count('"Workers"') > 1 else None
    decoder = json.JSONDecoder(object_pairs_hook=hook)
    position = 0
    for _ in range(_TRIES):
        start = _START.search(text, position)
        if start is None:
            return
        position = start.start() + 1
        try:
            value, end = decoder.raw_decode(text, start.start())
        except ValueError:
            continue
        except RecursionError:
            raise too_deep() from None
        found = [one for one in (value if isinstance(value, list) else [value]) if is_document(one)]
        yield from found
        position = end if found else position


def repaired(text: str) -> Repaired | None:
    """Read the document in ``text`` as far as it goes; None when no node of it is whole."""
    begin = _begin(text)
    if begin < 0:
        return None
    cut, depth = begin, 0
    opened: list[str] = []
    for token in _TOKEN.finditer(text, begin):
        sign = token[0]
        if sign == '"':
            break  # not closed
        if sign in "{[":
            opened.append(sign)
        elif sign in "}]":
            if not opened or _CLOSING[opened.pop()] != sign:
                break
            cut, depth = token.end(), len(opened)
        elif sign == ",":
            cut, depth = token.start(), len(opened)
        if len(opened) > 3 * MAX_DEPTH:
            raise too_deep()
    closing = "".join(_CLOSING[sign] for sign in reversed(opened[:depth]))
    return _read(text[begin:cut] + closing)


def _begin(text: str) -> int:
    """Return where the object begins that has the plan."""
    plan = text.find('"Plan"')
    start = text.rfind("{", 0, plan) if plan >= 0 else -1
    query = text.rfind('"Query Text"', 0, plan) if plan >= 0 else -1
    return text.rfind("{", 0, query) if query >= 0 else start


def _read(text: str) -> Repaired | None:
    try:
        value = decoded(text)
    except ValueError:
        return None
    if not is_document(value) or not isinstance(value["Plan"].get("Node Type"), str):
        return None
    last = _pruned(value["Plan"])
    return Repaired(value, f"The JSON ends within or behind {last!r}: what followed is cut off.")


def _pruned(plan: dict[str, Any]) -> str:
    """Drop nodes that were cut off before their type; return the type of the last one."""
    last, waiting = plan["Node Type"], [plan]
    while waiting:
        node = waiting.pop()
        below = node.get("Plans")
        if isinstance(below, list):
            node["Plans"] = [one for one in below if _has_type(one)]
            waiting += node["Plans"]
    node = plan
    while below := node.get("Plans"):
        node = below[-1]
        last = node["Node Type"]
    return str(last)


def _has_type(node: Any) -> bool:
    return isinstance(node, dict) and isinstance(node.get("Node Type"), str)
