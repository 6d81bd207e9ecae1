"""All advices as one SQL file: in order, commented, each with what takes it back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfkit.tasks.audit.one_line import lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from perfkit.tasks.audit.advice import Advice

__all__ = ["migration"]

_SECTIONS = (
    ("look", "Tables: statistics first, plans rest on them"),
    ("create", "Create: check each with indisvalid before going on"),
    ("replace", "Replace: the new index first; when it is valid the old one goes"),
    ("rebuild", "Rebuild"),
    ("drop", "Drop, last of all"),
    ("keep", "To watch: nothing to run yet"),
)
_HEAD = (
    "Run it with psql, outside a transaction, statement by statement; stop at the first error.",
    "What is not proven is commented out. CONCURRENTLY waits for older transactions, and a",
    "build that fails leaves an INVALID index of its name: drop that and begin again. Find them:",
    "  SELECT indexrelid::regclass FROM pg_index WHERE NOT indisvalid;",
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


def _block(advice: Advice) -> Iterator[str]:
    active = advice.enough and advice.proven and advice.action != "keep"
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
