"""EXPLAIN's text, as psql and auto_explain print it -> the document that FORMAT JSON gives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from perfkit.plans.reading.grouping import KEY_LINES, with_grouping
from perfkit.plans.reading.heads import Head, described, head_of, is_known, worker_counts
from perfkit.plans.reading.lines import plain
from perfkit.plans.reading.logical import (
    Line,
    footer_rows,
    key_of,
    logical_lines,
    marker_of,
)
from perfkit.plans.reading.sections import SUMMARY, Section, summary, trigger

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Found", "read_text"]

_MEMBERS = frozenset({"Append", "Merge Append", "BitmapAnd", "BitmapOr"})
_SCALAR = ("InitPlan", "CTE ")
_SIGNS = ("(cost=", "(actual ", "(never executed)")
_NAME_LINES = 20  # a name with more line ends is none
_QUERY, _PARAMETERS = "Query Text:", "Query Parameters:"


class Found(NamedTuple):
    """A plan in text: its document, how many plans there are, and what was cut off."""

    document: dict[str, Any]
    plans: int
    lost: tuple[str, ...]


def read_text(lines: Sequence[str]) -> Found | None:
    """Return the first plan in ``lines``, None when no line begins one.

    What stands before the plan (a log line, psql's header) is left out; the statement behind
    ``Query Text:`` is kept. A line that is not understood is passed over.
    """
    begin = _first(lines)
    if begin is None:
        return None
    reader = _Reader()
    for line in logical_lines(lines, begin):
        reader.take(line)
    document = {**_query(lines[:begin]), "Plan": with_grouping(reader.root), **reader.rest}
    return Found(document, reader.plans, (*reader.lost(), *_missing(lines[begin:])))


def _missing(lines: Sequence[str]) -> list[str]:
    """Compare the lines with the number that psql printed below them."""
    count = 0
    for line in lines:
        rows = footer_rows(line.strip())
        if rows is not None:
            less = count < rows
            return [f"The text has {count} of the {rows} lines that psql counted."] if less else []
        count += bool(line.strip())
    return []


def _first(lines: Sequence[str]) -> int | None:
    """Return the first line of the plan: one with numbers, or one that describes a node."""
    query = next((n for n, line in enumerate(lines) if _QUERY in line), None)
    after = 0 if query is None else query + 1
    place = None if query is None else _place_of_query(lines[query])
    bare = arrow = None
    for n in range(after, len(lines)):
        text = lines[n].strip()
        if text.startswith("->"):
            arrow = n if arrow is None and head_of(text) else arrow
        elif place is not None and len(lines[n]) - len(lines[n].lstrip()) != place:
            continue
        elif any(sign in text for sign in _SIGNS) and _has_numbers(text):
            return _line_of_name(lines, n, after) if arrow is None else arrow
        elif arrow is None and head_of(text) is not None:
            return n  # broken within its numbers
        elif bare is None and arrow is None and is_known(text):
            bare = n
    return arrow if bare is None else bare


def _place_of_query(line: str) -> int | None:
    """Return how far in the plan stands; unknown where the log's line is in front."""
    return len(line) - len(line.lstrip()) if line.lstrip().startswith(_QUERY) else None


def _line_of_name(lines: Sequence[str], numbers: int, after: int) -> int:
    """Return where the first node begins: its name may hold line ends."""
    first = numbers
    odd = lines[first].count('"') % 2
    while odd and after < first and numbers - first < _NAME_LINES:
        first -= 1
        odd ^= lines[first].count('"') % 2
    return numbers if odd else first


def _has_numbers(text: str) -> bool:
    return key_of(text) is None and head_of(text) is not None


def _query(before: Sequence[str]) -> dict[str, Any]:
    text = "\n".join(before)
    _, found, statement = text.partition(_QUERY)
    statement, given, parameters = statement.partition("\n" + _PARAMETERS)
    if not given:
        statement, given, parameters = statement.partition("\n\t" + _PARAMETERS)
    known = {"Query Text": statement.strip() if found else "", "Query Parameters": parameters}
    return {key: value.strip() for key, value in known.items() if value.strip()}


class _Reader:
    """Takes the lines of one plan; nodes hang on the nearest one that stands further left."""

    def __init__(self) -> None:
        self.root: dict[str, Any] = {}
        self.rest: dict[str, Any] = {}
        self.plans = 0
        self._footed = False
        self._headless = False
        self._base = 0
        self._open: list[tuple[int, dict[str, Any]]] = []
        self._marker: tuple[int, str] | None = None
        self._worker: tuple[int, dict[str, Any]] | None = None
        self._workers: dict[tuple[int, int], dict[str, Any]] = {}
        self._target: tuple[int, dict[str, Any]] | None = None
        self._section: Section | None = None
        self._unfinished = ""

    def take(self, line: Line) -> None:
        self._unfinished = ""
        if self.plans > 1:
            self.plans += self._begins_plan(line)
        elif not self._footed and line.text.startswith("->") and (head := head_of(line.text)):
            self._node(line.place, head)
        elif self.plans:
            self._below(line)
        elif (head := head_of(line.text)) or is_known(line.text):
            self._node(line.place, head or Head(arrow=False, what=line.text, counts={}))

    def _begins_plan(self, line: Line) -> bool:
        if line.place > self._base or key_of(line.text) or line.text.startswith("->"):
            return False
        return head_of(line.text) is not None or is_known(line.text)

    def _node(self, place: int, head: Head) -> None:
        node = described(head.what) | head.counts
        self._worker = self._target = self._section = None
        if not head.whole:
            self._unfinished = f"The text ends within the numbers of {head.what[:60]!r}."
        if not self.plans:
            self.root, self.plans, self._base = node, 1, place
            self._headless = head.arrow
            self._open = [(place - (not head.arrow), node)]
            return
        if self._headless and place <= self._base:
            self.plans += 1
            return
        self._close(place)
        self._hang(node, self._open[-1][1], place)
        self._open.append((place, node))

    def _hang(self, node: dict[str, Any], parent: dict[str, Any], place: int) -> None:
        siblings = parent.setdefault("Plans", [])
        marker = self._marker
        if marker is not None and marker[0] <= place:
            scalar = marker[1].startswith(_SCALAR)
            node["Parent Relationship"] = "InitPlan" if scalar else "SubPlan"
            node["Subplan Name"] = marker[1]
        else:
            node["Parent Relationship"] = _relationship(parent, siblings)
        self._marker = None
        siblings.append(node)

    def _close(self, place: int) -> None:
        """Leave the nodes that stand as far right as ``place`` or further; the root stays."""
        while len(self._open) > 1 and self._open[-1][0] >= place:
            self._open.pop()

    def _below(self, line: Line) -> None:
        """Take a line that begins no node: of the open section, worker, node or plan."""
        if footer_rows(line.text) is not None:
            self._footed = True
        elif self._section is not None and self._section.takes(line):
            return
        elif line.text.startswith("Trigger ") and (found := trigger(line.text)):
            self.rest.setdefault("Triggers", []).append(found)
        elif marker := marker_of(line.text):
            self._close(line.place)
            self._marker = (line.place, marker)
        elif found := key_of(line.text):
            self._property(line.place, *found)
        elif self._begins_plan(line):
            self.plans += 1
        elif is_known(line.text):
            self._write_target(line)

    def _write_target(self, line: Line) -> None:
        """Take a table of a ModifyTable that writes to several."""
        self._close(line.place)
        node = self._open[-1][1]
        if node["Node Type"] == "ModifyTable":
            named = described(line.text)
            target = {key: named[key] for key in ("Relation Name", "Schema", "Alias") if key in named}
            node.setdefault("Target Tables", []).append(target)
            self._target = (line.place, target)

    def _property(self, place: int, key: str, value: str) -> None:
        self._section = None
        if key.startswith("Worker ") and key[7:].isdecimal() and len(key) < 12:
            self._work(place, int(key[7:]), value)
            return
        within = self._within(place)
        if within is not None:
            self._fill(within, place, key, value)
        elif place <= self._base + 1 or self._sums_up(key):
            self._summary(place, key, value)
        else:
            self._close(place)
            node = self._open[-1][1]
            if key in KEY_LINES and node["Node Type"] == "Aggregate":
                node.setdefault("Grouping Sets", []).append((place, key, value))
            else:
                self._fill(node, place, key, value)

    def _sums_up(self, key: str) -> bool:
        return key in SUMMARY and all(node["Node Type"] != "Task" for _, node in self._open)

    def _summary(self, place: int, key: str, value: str) -> None:
        self._open = self._open[:1]
        if value and key != "Serialization":
            self.rest |= {**summary(key, value), **self.rest}
            return
        if value:
            self.rest |= summary(key, value)
        self._section = Section(key, place, self.rest)

    def _within(self, place: int) -> dict[str, Any] | None:
        """Return the worker or table that a line so far in belongs to."""
        for scope in (self._worker, self._target):
            if scope is not None and place > scope[0]:
                return scope[1]
        self._worker = self._target = None
        return None

    def _work(self, place: int, worker_number: int, value: str) -> None:
        self._close(place)
        node = self._open[-1][1]
        worker = self._workers.get((id(node), worker_number))
        if worker is None:
            worker = {"Worker Number": worker_number}
            self._workers[id(node), worker_number] = worker
            node.setdefault("Workers", []).append(worker)
        self._worker = (place, worker)
        if counts := worker_counts(value):
            worker.update(counts)
        elif found := key_of(value):
            self._fill(worker, place, *found)

    def _fill(self, into: dict[str, Any], place: int, key: str, value: str) -> None:
        if not value and key == "JIT":
            self._section = Section(key, place, into)
            return
        for name, read in plain(key, value).items():
            into.setdefault(name, read)

    def lost(self) -> list[str]:
        """Say what the text lacks."""
        said = [self._unfinished] if self._unfinished else []
        if self._headless:
            said.append("The plan's first lines are missing: this is the part below them.")
        return said


def _relationship(parent: dict[str, Any], siblings: Sequence[dict[str, Any]]) -> str:
    kind = parent["Node Type"]
    if kind in _MEMBERS:
        return "Member"
    if kind == "Subquery Scan":
        return "Subquery"
    if kind == "Custom Scan":
        return "child"
    run = sum(one["Parent Relationship"] in {"Outer", "Inner"} for one in siblings[-2:])
    return "Inner" if run else "Outer"
