"""Around the plan in a text: where it begins, what stands before it, what psql counted below."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfkit.plans.reading.heads import head_of, is_known
from perfkit.plans.reading.logical import footer_rows, key_of

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["first_line", "missing_rows", "query"]

_SIGNS = ("(cost=", "(actual ", "(never executed)")
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


def first_line(lines: Sequence[str]) -> int | None:
    """Return the first line of the plan: one with numbers, or one that describes a node."""
    above = next((n for n, line in enumerate(lines) if _QUERY in line), None)
    after = 0 if above is None else above + 1
    place = None if above is None else _place_of_query(lines[above])
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


def query(before: Sequence[str]) -> dict[str, str]:
    """Return the statement and its parameters, which auto_explain prints above the plan."""
    text = "\n".join(before)
    _, found, statement = text.partition(_QUERY)
    statement, given, parameters = statement.partition("\n" + _PARAMETERS)
    if not given:
        statement, given, parameters = statement.partition("\n\t" + _PARAMETERS)
    known = {"Query Text": statement.strip() if found else "", "Query Parameters": parameters}
    return {key: value.strip() for key, value in known.items() if value.strip()}
