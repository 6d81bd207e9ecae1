"""EXPLAIN's text, as psql and auto_explain print it -> the document that FORMAT JSON gives."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from perfkit.errors import InputError
from perfkit.plans.reading.beginning import arrows, first_line, missing_costs, missing_rows, query
from perfkit.plans.reading.grouping import KEY_LINES, with_grouping
from perfkit.plans.reading.heads import Head, described, head_of, is_known, worker_counts
from perfkit.plans.reading.indents import indented
from perfkit.plans.reading.lines import plain
from perfkit.plans.reading.logical import (
    Line,
    footer_rows,
    key_of,
    logical_lines,
    marker_of,
)
from perfkit.plans.reading.sections import SUMMARY, Section, name_tables, summary, trigger
from perfkit.plans.reading.tree import MAX_NODES
from perfkit.plans.reading.values import Balance

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Found", "read_text"]

_MOST_LINES = 30 * MAX_NODES  # a node has a dozen
_MEMBERS = frozenset({"Append", "Merge Append", "BitmapAnd", "BitmapOr"})
_WORKER = re.compile(r"Worker ([0-9]{1,4})")
_NAMES = frozenset({"Relation Name", "Schema", "Alias"})
_REMOTE = frozenset({"Task", "Distributed Subplan"})
_LAST = frozenset({"Execution Time", "Execution time", "Total runtime"})
_TIMES = _LAST | {"Planning Time", "Planning time"}
_SCALAR = ("InitPlan", "CTE ")


class Found(NamedTuple):
    """A plan in text: its document, how many plans there are, and what was cut off."""

    document: dict[str, Any]
    plans: int
    lost: tuple[str, ...]


def read_text(lines: Sequence[str]) -> Found | None:
    """Return the first plan in ``lines``, None when no line begins one.

    What stands before the plan (a log line, psql's header) is left out; the statement behind
    ``Query Text:`` is kept. A line that is not understood is passed over.

    Raises:
        InputError: there are more than 20,000 nodes.
    """
    if len(lines) > _MOST_LINES or arrows(lines) > MAX_NODES:
        raise InputError(f"read_plan: the plan has more than {MAX_NODES:,} nodes")
    begin = first_line(lines)
    if begin is None:
        return None
    reader = _Reader()
    whole, moved = indented(list(logical_lines(lines, begin)))
    for line in whole:
        reader.take(line)
    reader.end(line)
    lost = (
        *moved,
        *reader.lost(),
        *missing_rows(lines[begin:]),
        *missing_costs(lines, reader.costs),
    )
    document = {**query(lines[:begin]), "Plan": with_grouping(reader.root), **reader.rest}
    name_tables(document)
    return Found(document, reader.plans, lost)


class _Reader:
    """Takes the lines of one plan; nodes hang on the nearest one that stands further left."""

    def __init__(self) -> None:
        self.root: dict[str, Any] = {}
        self.rest: dict[str, Any] = {}
        self.plans = 0
        self._behind = False  # a line was read that EXPLAIN prints below all nodes
        self._moved = False  # nodes are not where EXPLAIN prints them
        self._places: dict[int, int] = {}  # of the first input of every node
        self.costs = 0  # nodes that have them
        self._footed = False
        self._ended = False  # what comes behind the execution time is another plan
        self.headless = False
        self._base = 0
        self._open: list[tuple[int, dict[str, Any]]] = []
        self._marker: tuple[int, str] | None = None
        self._worker: tuple[int, dict[str, Any]] | None = None
        self._workers: dict[tuple[int, int], dict[str, Any]] = {}
        self._target: tuple[int, dict[str, Any]] | None = None
        self._section: Section | None = None
        self._unfinished = ""
        self._unread: list[str] = []

    def take(self, line: Line) -> None:
        self._unfinished = ""
        if self.plans > 1:
            self.plans += self._begins_plan(line)
        elif not self._footed and line.text.startswith("->") and (head := head_of(line.text)):
            self.plans += self._ended
            self._node(line, head)
        elif self.plans:
            self._below(line)
        elif (head := head_of(line.text)) or is_known(line.text):
            self._node(line, head or Head(arrow=False, what=line.text, counts={}))

    def _begins_plan(self, line: Line) -> bool:
        if key_of(line.text) or line.text.startswith("->"):
            return False
        head = head_of(line.text)
        if line.place > self._base:  # psql puts a blank in front of the root
            beside = self._ended or line.place == self._base + 1
            return beside and head is not None and bool(head.counts)
        return head is not None or is_known(line.text)

    def _node(self, line: Line, head: Head) -> None:
        place = line.place
        node = described(head.what) | head.counts
        self.costs += "Plan Width" in head.counts
        self._worker = self._target = self._section = None
        if not head.whole and line.text.endswith(")"):
            self._unread.append(line.text)
        elif not head.whole or (not head.counts and "Plan Width" in self.root):
            self._unfinished = f"The text ends within the numbers of {head.what[:60]!r}."
        if not self.plans:
            self.root, self.plans, self._base = node, 1, place
            self.headless = head.arrow
            self._open = [(place - (not head.arrow), node)]
            return
        if self.headless and place <= self._base:
            self.plans += 1
            return
        self._close(place)
        self._moved |= self._behind
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
            self._moved |= self._places.setdefault(id(parent), place) != place
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
        elif pair := key_of(line.text):
            self._property(line.place, *pair)
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
            target = {key: value for key, value in named.items() if key in _NAMES}
            node.setdefault("Target Tables", []).append(target)
            self._target = (line.place, target)

    def _property(self, place: int, key: str, value: str) -> None:
        self._section = None
        if (worker := _WORKER.fullmatch(key)) is not None:
            self._work(place, int(worker[1]), value)
            return
        within = self._within(place)
        if within is not None:
            self._fill(within, place, key, value)
        elif place <= self._base + 1:
            self._summary(place, key, value)
        elif key in SUMMARY:
            self._close(place)
            remote = self._elsewhere()
            if remote is None:
                self._summary(place, key, value)
            else:
                remote |= {**summary(key, value), **remote}
        else:
            self._close(place)
            node = self._open[-1][1]
            if key in KEY_LINES and node["Node Type"] == "Aggregate":
                node.setdefault("Grouping Sets", []).append((place, key, value))
            else:
                self._fill(node, place, key, value)

    def _elsewhere(self) -> dict[str, Any] | None:
        """Return the task of another server (Citus) whose plan the line stands below."""
        scopes = (node for _, node in reversed(self._open) if node["Node Type"] in _REMOTE)
        return next(scopes, None)

    def _summary(self, place: int, key: str, value: str) -> None:
        self._ended |= key in _LAST
        self._behind |= key in SUMMARY
        if not value and key in _TIMES:
            self._unfinished = f"The text ends within {key!r}."
            return
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
        found = plain(key, value)
        if not found:
            self._unread.append(f"{key}: {value}")
        for name, read in found.items():
            into.setdefault(name, read)

    def end(self, line: Line) -> None:
        """Look whether the last line is whole."""
        pair = key_of(line.text)
        if pair is not None and Balance().read(line.text):
            self._unfinished = f"The text ends within {pair[0]!r}."

    def lost(self) -> list[str]:
        """Say what the text lacks."""
        said = [self._unfinished] if self._unfinished else []
        if self._moved:
            said.append("Lines are not where EXPLAIN printed them: nodes may hang wrong.")
        if self.headless:
            said.append("The plan's first lines are missing: this is the part below them.")
        if self._unread:
            many = f"{len(self._unread)} lines have" if len(self._unread) > 1 else "A line has"
            said.append(f"{many} no number where one belongs: {self._unread[0][:60]!r}.")
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
