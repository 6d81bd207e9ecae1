r"""MySQL's EXPLAIN FORMAT=TREE and EXPLAIN ANALYZE as people paste them.

Every step is one line ``-> operation  (cost=1.2..3.4 rows=5) (actual time=0.1..0.2 rows=5
loops=1)``, children are indented by four more blanks. Around it the mysql client puts a frame
and a header, ``\G`` a label in front of the first line, its batch mode and MySQL Workbench
write line ends as ``\n``. Lines without an arrow continue the line before.
"""

from __future__ import annotations

import re

from perfkit.errors import InputError, UnknownFormat
from perfkit.plans.mysql.decoding import unescaped
from perfkit.plans.mysql.iterators import iterator
from perfkit.plans.mysql.operations import is_heading
from perfkit.plans.mysql.steps import MAX_DEPTH, Step

__all__ = ["tree_steps"]

_NUMBER = r"[0-9]+(?:\.[0-9]+)?(?:e[+-]?[0-9]+)?"
_COST = re.compile(rf"\(cost=({_NUMBER})(?:\.\.({_NUMBER}))? rows=({_NUMBER})\)", re.IGNORECASE)
_ACTUAL = re.compile(
    rf"\(actual time=({_NUMBER})\.\.({_NUMBER}) rows=({_NUMBER}) loops=({_NUMBER})\)",
    re.IGNORECASE,
)
_NEVER = "(never executed)"
_POSTGRES = re.compile(r"rows=[0-9]+ width=[0-9]+\)")  # also where blanks were collapsed
_ARROW = "-> "
_LABEL = re.compile(r"^[\s|'\"]*(?:EXPLAIN:)?[\s|'\"]*$", re.IGNORECASE)
_FRAME = re.compile(r"[+|=*-]")


def tree_steps(text: str) -> list[Step] | None:
    """Return the topmost steps in ``text``, None if it holds no such tree.

    Raises:
        InputError: it is nested too deeply.
        UnknownFormat: the lines are not indented.
    """
    if _ARROW not in text or ("(cost=" not in text and "(actual time=" not in text):
        return None
    if _POSTGRES.search(text):
        return None
    lines = text.split("\n")
    if len(lines) < 3 and "\\n" in text:  # noqa: PLR2004 - a header and everything in one line
        lines = unescaped(text).split("\n")
    found = _lines(lines)
    if not found or not any(_split(line)[1] for _, line in found):
        return None
    top = _nested(found)
    if any("heading" not in step.properties for step in top[1:]):
        raise UnknownFormat(
            "read_plan: the indentation of this tree is lost, and with it who is below whom",
            hint="copy the output of EXPLAIN ANALYZE as it is, with the blanks in front",
        )
    return top


def _lines(lines: list[str]) -> list[tuple[int, str]]:
    """Return indentation and text of every step; behind a label or a frame it is 0."""
    found: list[tuple[int, str]] = []
    for line in lines:
        before, arrow, rest = line.partition(_ARROW)
        if arrow and _LABEL.match(before):
            if rest.startswith(" "):  # PostgreSQL's arrow has two blanks behind it
                return []
            found.append((0 if before.strip() else len(before), _closed(rest)))
        elif found and line.strip() and not _ends(line):
            found[-1] = (found[-1][0], f"{found[-1][1]} {_closed(line)}")
        elif found and _ends(line):
            break
    return found


def _ends(line: str) -> bool:
    """Whether a line is the frame below the plan, or the count of rows."""
    bare = line.strip()
    return bool(_FRAME.match(bare)) or bare in {"'", '"', ";"} or " row in set" in bare


def _closed(text: str) -> str:
    """Take off the frame or the quote at the end of a line."""
    return text.rstrip().removesuffix("|").rstrip().rstrip("'\"").rstrip()


def _nested(lines: list[tuple[int, str]]) -> list[Step]:
    top: list[Step] = []
    open_steps: list[tuple[int, Step | None, list[Step]]] = []  # with where children go
    headings: dict[int, str] = {}
    for level, line in lines:
        while open_steps and open_steps[-1][0] >= level:
            open_steps.pop()
        if len(open_steps) > MAX_DEPTH:
            raise InputError(f"read_plan: the plan is nested deeper than {MAX_DEPTH} levels")
        siblings = open_steps[-1][2] if open_steps else top
        operation, numbers = _split(line)
        if not numbers and is_heading(operation):
            headings[level] = operation
            open_steps.append((level, None, siblings))
            continue
        heading = headings.pop(open_steps[-1][0], "") if open_steps else ""
        step = iterator(operation, numbers, heading)
        siblings.append(step)
        open_steps.append((level, step, step.children))
    return top


def _split(line: str) -> tuple[str, dict[str, float | None]]:
    """Return the operation and the numbers behind it."""
    numbers: dict[str, float | None] = {}
    text = line.rstrip()
    if text.endswith(_NEVER):
        text = text.removesuffix(_NEVER).rstrip()
        numbers["actual_rows"] = None
    else:
        text = _cut(text, "(actual time=", _ACTUAL, numbers, _ACTUAL_NAMES)
    text = _cut(text, "(cost=", _COST, numbers, _COST_NAMES)
    return text, numbers


_ACTUAL_NAMES = ("actual_first_row_ms", "actual_last_row_ms", "actual_rows", "actual_loops")
_COST_NAMES = ("estimated_first_row_cost", "estimated_total_cost", "estimated_rows")


def _cut(
    text: str,
    start: str,
    pattern: re.Pattern[str],
    numbers: dict[str, float | None],
    names: tuple[str, ...],
) -> str:
    """Cut the group that begins with ``start`` off the end of ``text``, into ``numbers``."""
    position = text.rfind(start)
    match = pattern.fullmatch(text, position) if position >= 0 else None
    if match is None:
        return text
    values = list(match.groups())
    if start == "(cost=" and values[1] is None:
        values = [None, values[0], values[2]]
    numbers |= {name: float(value) for name, value in zip(names, values, strict=True) if value}
    return text[:position].rstrip()
