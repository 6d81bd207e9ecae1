"""What EXPLAIN's text prints below the nodes -> the rest of the document that JSON has."""

from __future__ import annotations

import re
from typing import Any

from perfkit.plans.reading.lines import jit_options, plain
from perfkit.plans.reading.logical import Line, key_of
from perfkit.plans.reading.values import counters, items, number

__all__ = ["SUMMARY", "Section", "name_tables", "settings", "summary", "trigger"]

_SETTING = re.compile(r"[\w.]+ = (?:'|NULL$)")
#: Older versions' names -> those of JSON since 9.4 and 10.
_TIMES = {
    "Planning time": "Planning Time",
    "Execution time": "Execution Time",
    "Total runtime": "Execution Time",
    "Total Runtime": "Execution Time",
}
#: Keys that stand below the plan, however the lines were moved.
SUMMARY = frozenset(
    [*_TIMES, "Planning Time", "Execution Time", "Planning", "Settings", "Query Identifier", "JIT",
     "Serialization", "Generated Plan Advice", "Supplied Plan Advice", "PlannedStmt"]
)  # fmt: skip


def summary(key: str, value: str) -> dict[str, Any]:
    """Return the property of the document that the line ``key: value`` holds."""
    if key == "Settings":
        return {key: settings(value)}
    if key == "Serialization":
        return {key: _serialization(value)}
    name = _TIMES.get(key, key)
    if name.endswith(" Time") and not isinstance(number(value), float):
        return {}
    return plain(name, value)


def settings(value: str) -> dict[str, str | None]:
    r"""Read ``a = 'b', c = 'd'``; quotes inside of values are not doubled.

    Example:
        >>> settings("work_mem = '64kB', search_path = 'a, \"b\"'")
        {'work_mem': '64kB', 'search_path': 'a, "b"'}
    """
    parts: list[list[str]] = []
    for part in value.split(", "):
        if _SETTING.match(part) or not parts:
            parts.append([part])
        else:  # a comma within a value
            parts[-1].append(part)
    pairs = (", ".join(one).partition(" = ") for one in parts)
    return {name: _setting(text) for name, equals, text in pairs if equals}


def _setting(text: str) -> str | None:
    return None if text == "NULL" else text[1:].removesuffix("'")


def _serialization(value: str) -> dict[str, Any]:
    names = {"time": "Time", "output": "Output Volume"}
    found = {names[name]: count for name, count in counters(value) if name in names}
    _, named, kind = value.rpartition("format=")
    return found | ({"Format": kind} if named else {})


def trigger(text: str) -> dict[str, Any] | None:
    """Read ``Trigger x for constraint y on z: time=1.000 calls=2``; None for another line."""
    what, _, counted = text.rpartition(": ")
    counts = dict(counters(counted))
    if "calls" not in counts:
        return None
    what, on, relation = f"{what} ".removeprefix("Trigger").rpartition(" on ")
    if not on:
        what, relation = relation, ""
    name, _, constraint = what.partition(" for constraint ")
    named = {
        "Trigger Name": name.strip(),
        "Constraint Name": constraint.strip(),
        "Relation": relation.strip(),
    }
    found: dict[str, Any] = {key: value for key, value in named.items() if value}
    if "time" in counts:
        found["Time"] = float(counts["time"])
    return found | {"Calls": counts["calls"]}


def name_tables(document: dict[str, Any]) -> None:
    """Name the table of triggers: TEXT leaves it out where only one table is written."""
    unnamed = [one for one in document.get("Triggers", ()) if "Relation" not in one]
    waiting, written = [document["Plan"]], []
    while unnamed and waiting:
        node = waiting.pop()
        waiting += node.get("Plans", ())
        if node["Node Type"] == "ModifyTable":
            written += node.get("Target Tables", [node])
    if len(written) == 1 and "Relation Name" in written[0]:
        for one in unnamed:
            one["Relation"] = written[0]["Relation Name"]


class Section:
    """A header with lines below it that stand further in, such as ``Planning:`` or ``JIT:``."""

    def __init__(self, key: str, place: int, into: dict[str, Any]) -> None:
        """Collect in ``into[key]`` what stands further in than ``place``."""
        self.key = key
        self.place = place
        self._into = into
        self._texts: list[str] = []
        known = into.get(key)
        self._found: dict[str, Any] = dict(known) if isinstance(known, dict) else {}
        into[key] = self._found

    def takes(self, line: Line) -> bool:
        """Whether ``line`` belongs below the header; it is kept if so."""
        if line.place <= self.place:
            return False
        found = key_of(line.text)
        if found is None:
            self._texts.append(line.text)
            if not self._found:
                self._into[self.key] = "\n".join(self._texts)
        else:
            self._found |= _jit(*found) if self.key == "JIT" else plain(*found)
        return True


def _jit(key: str, value: str) -> dict[str, Any]:
    if key == "Options":
        return {key: jit_options(value)}
    if key == "Timing":
        return {key: dict(_timing(part) for part in items(value))}
    return {key: value == "true"} if value in {"true", "false"} else plain(key, value)


def _timing(part: str) -> tuple[str, Any]:
    """Read ``Inlining 0.000 ms`` and ``Generation 1.2 ms (Deform 0.3 ms)`` (17 and later)."""
    whole, nested, deform = part.partition(" (")
    name, _, text = whole.partition(" ")
    total = number(text)
    if not nested:
        return name, total
    inner, _, text = deform.removesuffix(")").partition(" ")
    return name, {inner: number(text), "Total": total}
