"""Around the plan in a text: where it begins, what stands before it, what psql counted below."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from perfkit.plans.reading.heads import head_of, is_known
from perfkit.plans.reading.logical import footer_rows, key_of

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["arrows", "first_line", "missing_costs", "missing_rows", "query"]

_COST = re.compile(r"\(cost=[0-9.]+\.\.[0-9.]+ rows=[0-9.]+ width=[0-9]+\)")
_NAME_LINES = 20  # a name with more line ends is none
_QUERY, _PARAMETERS = "Query Text:", "Query Parameters:"


def missing_rows(lines: Sequence[str]) -> list[str]:
    """Compare the lines with the number that psql printed below them."""
    count = 0
    for line in lines:
        rows = footer_rows(line.strip())
        if rows is not None:
            less = count < rows
            return [f"The text has {count} of the {rows} lines that psql counted."] if less else []
        count += bool(line.strip())
    return []


def missing_costs(lines: Sequence[str], nodes: int) -> list[str]:
    """Compare the costs in ``lines``, wherever they stand, with the ``nodes`` that have some."""
    costs = sum(len(_COST.findall(line)) for line in lines if "(cost=" in line)
    if costs <= nodes:
        return []
    return [f"The text has the costs of {costs} nodes, and {nodes} of them could be read."]


def arrows(lines: Sequence[str]) -> int:
    """Count the lines that begin a node below the first one."""
    return sum(line.lstrip().startswith("->") for line in lines)


def first_line(lines: Sequence[str]) -> int | None:
    """Return the first line of the plan: one with numbers, or one that describes a node.

    It stands above the first arrow; where nothing there is a node, the arrow's line is the first
    one that is left of the plan.
    """
    after, place = _behind_query(lines)
    arrow = next((n for n in range(after, len(lines)) if _is_arrow(lines[n])), len(lines))
    above = [n for n in range(after, arrow) if place is None or _place(lines[n]) == place]
    for n in above:
        if _has_numbers(lines[n].strip()):
            return _line_of_name(lines, n, after)
    known = (n for n in above if is_known(lines[n].strip()))
    return next(known, arrow if arrow < len(lines) else None)


def _behind_query(lines: Sequence[str]) -> tuple[int, int | None]:
    """Return the line behind ``Query Text:``, and how far in the plan stands.

    The place is unknown where the log's line is in front of it.
    """
    for n, line in enumerate(lines):
        if _QUERY in line:
            return n + 1, _place(line) if line.lstrip().startswith(_QUERY) else None
    return 0, None


def _place(line: str) -> int:
    return len(line) - len(line.lstrip())


def _is_arrow(line: str) -> bool:
    text = line.lstrip()
    return text.startswith("->") and head_of(text.rstrip()) is not None


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


def query(before: Sequence[str]) -> dict[str, str]:
    """Return the statement and its parameters, which auto_explain prints above the plan."""
    text = "\n".join(before)
    _, found, statement = text.partition(_QUERY)
    statement, given, parameters = statement.partition("\n" + _PARAMETERS)
    if not given:
        statement, given, parameters = statement.partition("\n\t" + _PARAMETERS)
    known = {"Query Text": statement.strip() if found else "", "Query Parameters": parameters}
    return {key: value.strip() for key, value in known.items() if value.strip()}
