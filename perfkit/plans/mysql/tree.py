"""MySQL's EXPLAIN FORMAT=TREE and EXPLAIN ANALYZE.

Every step is one line ``-> operation  (cost=1.2..3.4 rows=5) (actual time=0.1..0.2 rows=5
loops=1)``, children are indented by four more blanks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfkit.errors import InputError, UnknownFormat
from perfkit.plans.mysql.iterators import iterator
from perfkit.plans.mysql.operations import is_heading
from perfkit.plans.mysql.steps import MAX_DEPTH, Step
from perfkit.plans.mysql.tree_lines import split, trees

if TYPE_CHECKING:
    from perfkit.plans.mysql.tree_lines import Line

__all__ = ["tree_steps"]


def tree_steps(text: str) -> list[Step] | None:
    """Return the topmost steps in ``text``, None if it holds no such tree.

    Raises:
        InputError: it is nested too deeply, or there are several.
        UnknownFormat: the lines are not indented.
    """
    found = trees(text)
    if not found:
        return None
    if len(found) > 1:
        raise InputError(f"read_plan: there are {len(found)} plans in it", hint="pass one of them")
    top = _nested(found[0])
    if any("heading" not in step.properties for step in top[1:]):
        raise UnknownFormat(
            "read_plan: the indentation of this tree is lost, and with it who is below whom",
            hint="copy the output of EXPLAIN ANALYZE as it is, with the blanks in front",
        )
    return top


def _nested(lines: list[Line]) -> list[Step]:
    top: list[Step] = []
    open_steps: list[tuple[int, Step | None, list[Step]]] = []  # with where children go
    headings: dict[int, str] = {}
    for level, line in lines:
        while open_steps and open_steps[-1][0] >= level:
            open_steps.pop()
        if len(open_steps) > MAX_DEPTH:
            raise InputError(f"read_plan: the plan is nested deeper than {MAX_DEPTH} levels")
        siblings = open_steps[-1][2] if open_steps else top
        operation, numbers = split(line)
        if not numbers and is_heading(operation):
            headings[level] = operation
            open_steps.append((level, None, siblings))
            continue
        heading = headings.pop(open_steps[-1][0], "") if open_steps else ""
        step = iterator(operation, numbers, heading)
        siblings.append(step)
        open_steps.append((level, step, step.children))
    return top
