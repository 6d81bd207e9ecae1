"""Where the plans in a text begin: several EXPLAINs in one file, one after the other.

A plan begins at a JSON value in the first column, at EXPLAIN's heading, at the statement that
auto_explain names, or, without these, at a line whose node hangs on no other.
"""

from __future__ import annotations

import re
from bisect import bisect_right

__all__ = ["begins", "first_json", "last_begin"]

_FRAME = r"[ \t|│║\"']*"
#: PostgreSQL's nodes begin with a capital letter; those below the first one with an arrow.
_ROOT = re.compile(
    rf"^{_FRAME}(?!->)[A-Z][^\n]{{0,400}}? {{1,2}}\((?:cost=[0-9.]+\.\.|actual (?:time|rows)=)",
    re.MULTILINE,
)
_TREE = re.compile(
    r"^(?:[ \t|]*EXPLAIN: +)?[|\"' ]?->(?! *Worker)[^\n]*\((?:cost|actual)[ =]", re.MULTILINE
)
_HEADING = re.compile(rf"^{_FRAME}(?:QUERY PLAN|EXPLAIN)[ \t|│║\"']*$", re.MULTILINE)
_QUERY = re.compile(r"^[ \t]*Query Text:", re.MULTILINE)
_JSON = re.compile(r"^[\[{]", re.MULTILINE)
_PLAN_KEY = re.compile(r'"(?:Plan|query_block|QUERY PLAN|query_plan|operation|EXPLAIN)"\s*:')
_SCALAR = r'(?:"(?:[^"\\]|\\.)*+"|[-0-9.eE]++|null|true|false)'
#: Up to eight plain values may stand before the plan: the statement, its id.
_DOCUMENT = re.compile(
    r'\s*+\[?\s*+\{\s*+(?:"(?!Plan")(?:[^"\\]|\\.)*+"\s*+:\s*+'
    + _SCALAR
    + r'\s*+,\s*+){0,8}"(?:Plan"\s*+:\s*+\{|query_block"\s*+:\s*+\{|QUERY PLAN"\s*+:'
    r'|EXPLAIN"\s*+:\s*+"\s*+(?:\{|->)|inputs"\s*+:\s*+\[|operation"\s*+:\s*+"'
    r'|query_plan"\s*+:\s*+\{)'
)
#: What a plan's first kilobytes hold as well, whatever its dialect.
_INSIDE = ('"Node Type"', '"select_id"', '"estimated_rows"', "cost=")
_NEAR = 4096


def first_json(text: str) -> bool:
    """Whether the text begins with a plan in JSON."""
    found = _DOCUMENT.match(text)
    near = text[: found.end() + _NEAR].replace('\\"', '"') if found else ""
    return any(word in near for word in _INSIDE)


def begins(text: str) -> list[int]:
    """Return where each plan of ``text`` begins, in order; empty where there is none."""
    if text.lstrip()[:1] in {"{", "["}:
        return _json(text)
    roots = [found.start() for found in _ROOT.finditer(text)]
    roots = roots or [found.start() for found in _TREE.finditer(text)]
    marks = sorted(found.start() for form in (_HEADING, _QUERY) for found in form.finditer(text))
    return _behind_marks(roots, marks) if roots else _single(text, marks)


def last_begin(text: str) -> int:
    """Return where the last plan begins, 0 when the text holds one at most."""
    found = begins(text)
    return found[-1] if len(found) > 1 else 0


def _json(text: str) -> list[int]:
    """Return the values in the first column that hold a plan before the next one begins."""
    found = [match.start() for match in _JSON.finditer(text)]
    values = [
        start for n, start in enumerate(found) if n == 0 or not _within(text, found[n - 1], start)
    ]
    ends = [*values[1:], len(text)]
    return [a for a, b in zip(values, ends, strict=True) if _PLAN_KEY.search(text, a, b)]


def _within(text: str, before: int, start: int) -> bool:
    """Whether a bracket in the first column belongs to the one before: ``[`` alone on its line."""
    return text[before:start].strip() in {"[", "[{"}


def _behind_marks(roots: list[int], marks: list[int]) -> list[int]:
    """Return the first heading between each root and the one before, or the root itself."""
    found, before = [], -1
    for root in roots:
        place = bisect_right(marks, before)
        above = place < len(marks) and marks[place] <= root
        found.append(marks[place] if above else root)
        before = root
    return found


def _single(text: str, marks: list[int]) -> list[int]:
    """Return the beginning of one plan that is no plain text: JSON in psql's frame."""
    if _PLAN_KEY.search(text) is None:
        return []
    return marks or [0]
