r"""Find the lines of MySQL's trees in what people paste around them.

The mysql client puts a frame and a header around a tree, ``\G`` a label in front of it, its batch
mode and MySQL Workbench write line ends as ``\n``; in a script every line may be a comment. The
client's own prompt of a statement's further lines (``    -> FROM t``) looks like a step and is
none. Lines without an arrow continue the line before until that has its numbers.
"""

from __future__ import annotations

import re

from perfkit.plans.mysql.cut_off import without_half
from perfkit.plans.mysql.decoding import unescaped
from perfkit.plans.mysql.operations import is_heading, is_known

__all__ = ["Line", "ends_in_a_step", "split", "trees"]

#: Indentation and text of a step.
Line = tuple[int, str]

_NUMBER = r"[0-9]+(?:\.[0-9]+)?(?:e[+-]?[0-9]+)?"
# mysql-test leaves costs and times out.
_COST = re.compile(
    rf"\((?:cost=({_NUMBER})(?:\.\.({_NUMBER}))? )?rows=({_NUMBER})\)", re.IGNORECASE
)
_ACTUAL = re.compile(
    rf"\(actual (?:time=({_NUMBER})\.\.({_NUMBER}) )?rows=({_NUMBER}) loops=({_NUMBER})\)",
    re.IGNORECASE,
)
_COST_NAMES = ("estimated_first_row_cost", "estimated_total_cost", "estimated_rows")
_ACTUAL_NAMES = ("actual_first_row_ms", "actual_last_row_ms", "actual_rows", "actual_loops")
_LONGEST = 20_000  # characters of a condition over several lines
_NEVER = "(never executed)"
_ELIDED = "(...)"
_POSTGRES = re.compile(r"rows=[0-9]+ width=[0-9]+\)")  # also where blanks were collapsed
_ARROW = "-> "
_COMMENT = re.compile(r"\s*(?:/\*+|(?:--|#|//|\*+|>)(?=\s))")
_LABEL = re.compile(r"\s*(?:[|'\"]+|[|'\"\s]*(EXPLAIN:))", re.IGNORECASE)
_FRAME = re.compile(r"[+=*|-]{3}|\||[0-9]+ rows? in set|\*/")
_FOLDED = re.compile(r"\\n[ \t]*-> ")
_HEADER = re.compile(r"[\s|'\"]*EXPLAIN[\s|'\"]*", re.IGNORECASE)


def trees(text: str) -> list[list[Line]]:
    """Return the lines of every tree in ``text``."""
    if _ARROW not in text or _POSTGRES.search(text):
        return []
    runs: list[list[Line]] = [[]]
    for line in _unfolded(text.replace("\xa0", " ")):
        _take(line, runs)
    return [run for run in runs if _is_tree(run)]


def ends_in_a_step(text: str) -> bool:
    """Whether ``text`` ends within the numbers of a step."""
    last = text.rstrip().rpartition("\n")[2]
    return without_half(last) != last


def split(line: str) -> tuple[str, dict[str, float | None]]:
    """Return the operation and the numbers behind it; None for rows: never executed."""
    numbers: dict[str, float | None] = {}
    text = without_half(line.rstrip())
    if text.endswith(_NEVER):
        text = text.removesuffix(_NEVER).rstrip()
        numbers["actual_rows"] = None
    else:
        text = _cut(text, "(actual ", _ACTUAL, numbers, _ACTUAL_NAMES)
    text = text.removesuffix(_ELIDED).rstrip()
    starts = ("(cost=", "(rows=")
    last = max(starts, key=text.rfind)
    return _cut(text, last, _COST, numbers, _COST_NAMES), numbers


def _unfolded(text: str) -> list[str]:
    r"""Return the lines; one that holds a whole tree with ``\n`` in it is several."""
    lines: list[str] = []
    for line in text.split("\n"):
        bare = line.rstrip("\r '\"|")
        folded = _FOLDED.search(line) or (_ARROW in line and bare.endswith("\\n"))
        lines += unescaped(line).split("\n") if folded else [line]
    return lines


def _take(line: str, runs: list[list[Line]]) -> None:
    """Put ``line`` where it belongs: into the last of ``runs``, behind it, or nowhere."""
    run = runs[-1]
    found = _step(line)
    if found is not None:
        run.append(found)
    elif not run:
        indent, bare = _unlabelled(line)
        if is_known(bare) and split(_closed(bare))[1]:  # the arrow of the topmost was not copied
            run.append((indent, _closed(bare)))
    elif not line.strip() or _ends(line) or len(run[-1][1]) > _LONGEST or split(run[-1][1])[1]:
        runs.append([])
    else:
        run[-1] = (run[-1][0], f"{run[-1][1]} {_closed(line)}")


def _step(line: str) -> Line | None:
    """Return a step in one line; None without an arrow that stands where one may stand."""
    before, arrow, rest = line.partition(_ARROW)
    indent, other = _unlabelled(before)
    if not arrow or rest.startswith(" ") or other:
        return None  # PostgreSQL's arrow has two blanks behind it
    return indent, _closed(rest)


def _unlabelled(before: str) -> tuple[int, str]:
    """Return the blanks behind a comment mark, a frame or a label, and what follows them."""
    if comment := _COMMENT.match(before):
        before = before[comment.end() :]
    if label := _LABEL.match(before):
        before = before[label.end() :]
        if label[1]:
            before = before.lstrip()
    rest = before.lstrip()
    return len(before) - len(rest), rest


def _ends(line: str) -> bool:
    """Whether a line is the frame below the plan, the count of rows, the header of another."""
    bare = line.strip()
    return bool(_FRAME.match(bare) or _HEADER.fullmatch(bare)) or bare in {"'", '"', ";"}


def _closed(text: str) -> str:
    """Take off the frame or the quote at the end of a line."""
    return text.rstrip().removesuffix("|").rstrip().rstrip("'\";").rstrip()


def _is_tree(run: list[Line]) -> bool:
    """Whether the steps have numbers, or are all of a kind that MySQL prints (without costs)."""
    if any(split(line)[1] for _, line in run):
        return True
    return bool(run) and all(is_known(line) or is_heading(line) for _, line in run)


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
    if names is _COST_NAMES and values[1] is None:
        values = [None, values[0], values[2]]
    numbers |= {name: float(value) for name, value in zip(names, values, strict=True) if value}
    return text[:position].rstrip()
