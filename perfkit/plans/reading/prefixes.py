"""What stands in front of every line of a plan: a mail's sign, a number, a container's name.

Where all lines with numbers of the plan begin with one of them, it is taken off; and again, for
a log in a mail has two. Lines without it stay as they are: an answer around a quoted plan.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["without_prefixes"]

#: What a line of a plan holds, and hardly another one; without costs the arrow.
_MARKS = ("(cost=", "(actual ", "(never executed)", '"Node Type"')
_TIMES = 4  # prefixes in front of each other
_NUMBERED = re.compile(r"[ \t]*+([0-9]{1,6})(?:[:.),;]|[ \t]*+[|│](?!\|)|(?=[ \t]))")
_FORMS = (
    re.compile(r"[ \t]*+>"),  # a mail
    re.compile(r"[ \t]*+(?:--|//|[#;]|\*(?!\*))"),  # a comment
    re.compile(r"\+(?!-)|-(?![>-])"),  # a patch
    re.compile(r"\[?[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:.,]{8,18}(?:Z|[+-][0-9:]{2,5})?\]?"
               r"(?: (?:stderr|stdout) [FP])? ?"),
    re.compile(r"[\w./-]{1,80}? *+\| (?=[ \t]|[A-Z\"{[0-9])"),  # docker compose
    re.compile(r"(?:psql:[^\n:]{1,200}:[0-9]+: )?(?:NOTICE|INFO|LOG|DEBUG|WARNING): {1,2}"),
    re.compile(r"[|│║ ]{0,2}QUERY PLAN(?: [|│║] ?|[|│║])"),  # psql's expanded display
)  # fmt: skip
_PHP = re.compile(r"[ \t]*+\[QUERY PLAN\] => ")  # brackets of its arrays in lines between


def without_prefixes(lines: Sequence[str]) -> list[str]:
    """Return ``lines`` without what stands in front of all that belong to the plan.

    Example:
        >>> without_prefixes(["> Limit  (cost=0.00..1.00 rows=1 width=4)", ">   ->  Result", "Hi"])
        [' Limit  (cost=0.00..1.00 rows=1 width=4)', '   ->  Result', 'Hi']
    """
    found = [line for line in lines if _PHP.match(line)] or list(lines)
    for _ in range(_TIMES):
        form = _form(found)
        if form is None:
            break
        found = [form.sub("", line, count=1) if form.match(line) else line for line in found]
    return found


def _form(lines: Sequence[str]) -> re.Pattern[str] | None:
    marked = [line for line in lines if any(mark in line for mark in _MARKS)]
    marked = marked or [line for line in lines if "->  " in line]
    if not marked:
        return None
    for form in (_PHP, *_FORMS):
        if form.match(marked[0]) and all(map(form.match, marked)):
            return form
    return _NUMBERED if _NUMBERED.match(marked[0]) and _counts(lines, marked) else None


def _counts(lines: Sequence[str], marked: Sequence[str]) -> bool:
    """Whether the lines that begin with a number, those of the plan among them, count up."""
    if not all(map(_NUMBERED.match, marked)):
        return False
    numbers = [int(found[1]) for line in lines if (found := _NUMBERED.match(line))]
    return all(one < two for one, two in pairwise(numbers))
