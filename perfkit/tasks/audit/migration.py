"""All advices as one SQL file: in order, commented, each with what takes it back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfkit.tasks.audit.one_line import lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from perfkit.tasks.audit.advice import Advice

__all__ = ["migration", "undoing"]

_SECTIONS = (
    ("look", "Tables: statistics first, plans rest on them"),
    ("create", "Create: check each with indisvalid before going on"),
    ("replace", "Replace: the new index first; when it is valid the old one goes"),
    ("rebuild", "Rebuild"),
    ("drop", "Drop, last of all"),
    ("keep", "To watch: nothing to run yet"),
)
_HEAD = (
    "Run it outside a transaction, each statement alone, and stop at the first error:",
    "  psql -X -v ON_ERROR_STOP=1 -f FILE",
    "What is not proven is commented out. CONCURRENTLY waits for older transactions, and a",
    "build that fails leaves an INVALID index of its name, on which the line behind it divides",
    "by zero: drop that index and run the file again; what is done already is passed over. Find",
    "them:  SELECT indexrelid::regclass FROM pg_index WHERE NOT indisvalid;",
)
_HEAD_OF_UNDO = (
    "Takes back what the migration did, the last statement first. Run it like that one: outside",
    "a transaction, each statement alone. What was not run, and what exists again, is an error",
    "of its statement only: go on behind it.",
)
_SETTINGS = ("SET lock_timeout = '5s';", "SET statement_timeout = 0;")


def migration(advices: Sequence[Advice], *, title: str, facts: Iterable[str]) -> str:
    """Return the file: a statement is a line, what is not proven a comment.

    ``-- undo:`` is followed by the statement that takes the one before it back, and further
    ones on comment lines of their own.
    """
    text = [_comment(title), *map(_comment, facts), "--", *map(_comment, _HEAD), ""]
    text += [*_SETTINGS, ""]
    for action, heading in _SECTIONS:
        chosen = [advice for advice in advices if advice.action == action and advice.do]
        if chosen:
            text += [_comment(heading), ""]
        for advice in chosen:
            text += [*_block(advice), ""]
    return "\n".join(text).rstrip("\n") + "\n"


def undoing(advices: Sequence[Advice], *, title: str) -> str:
    """Return the file that takes back what the active statements of :func:`migration` did."""
    order = [action for action, _ in _SECTIONS]
    done = [advice for advice in advices if _active(advice) and advice.do and advice.undo]
    done.sort(key=lambda advice: order.index(advice.action))
    text = [_comment(title), "--", *map(_comment, _HEAD_OF_UNDO), "", *_SETTINGS, ""]
    for advice in reversed(done):
        text += [_comment(f"{advice.action}: {advice.title}"), *lines(advice.undo), ""]
    return "\n".join(text).rstrip("\n") + "\n"


def _active(advice: Advice) -> bool:
    return advice.enough and advice.proven and advice.action != "keep"


def _block(advice: Advice) -> Iterator[str]:
    active = _active(advice)
    yield _comment(advice.title)
    if not active:
        how = "not enough evidence" if advice.proven else "not proven"
        yield _comment(how + (f"; make sure: {advice.check}" if advice.check else ""))
    elif advice.check:
        yield _comment(f"make sure: {advice.check}")
    for statement in lines(advice.do):
        if statement not in _SETTINGS:
            yield statement if active else f"-- {statement}"
    for number, statement in enumerate(lines(advice.undo)):
        yield f"-- {'undo:' if number == 0 else '     '} {statement}"


def _comment(text: str) -> str:
    """Return one line of comment: what ends a line in a name must not end the comment."""
    return f"-- {' '.join(text.split())}" if text.strip() else "--"
