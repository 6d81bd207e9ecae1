"""All advices as one SQL file: in order, commented, each with what takes it back."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from perfkit.tasks.audit.advice import Advice

__all__ = ["migration"]

_SECTIONS = (
    ("create", "Create: check each with indisvalid before going on"),
    ("replace", "Replace: the new index first, then the old one goes"),
    ("rebuild", "Rebuild"),
    ("drop", "Drop, last of all"),
)
_HEAD = (
    "Run it with psql, outside a transaction, statement by statement; stop at the first error.",
    "CONCURRENTLY waits for older transactions, and a build that fails leaves an INVALID index",
    "of its name: drop that and begin again. Find them with",
    "  SELECT indexrelid::regclass FROM pg_index WHERE NOT indisvalid;",
)


def migration(advices: Sequence[Advice], *, title: str, facts: Iterable[str]) -> str:
    """Return the file; advice without enough evidence stays commented out, with what to check."""
    lines = [_comment(title), *map(_comment, facts), "--", *map(_comment, _HEAD), ""]
    lines += ["SET lock_timeout = '5s';", "SET statement_timeout = 0;", ""]
    for action, heading in _SECTIONS:
        chosen = [advice for advice in advices if advice.action == action and advice.do]
        if chosen:
            lines += [f"-- {heading}", ""]
        for advice in chosen:
            lines += [*_block(advice), ""]
    looks = [advice for advice in advices if advice.action == "look" and advice.do]
    if looks:
        lines += ["-- Tables", ""]
        for advice in looks:
            lines += [*_block(advice), ""]
    return "\n".join(lines).rstrip() + "\n"


def _block(advice: Advice) -> Iterator[str]:
    yield _comment(advice.title)
    if not advice.proven and advice.action != "look":
        yield _comment("not proven" + (f": {advice.check}" if advice.check else ""))
    active = advice.enough and (advice.action not in {"drop", "look"} or advice.proven)
    for line in advice.do.splitlines():
        if line.startswith("SET lock_timeout"):
            continue
        yield line if active or line.startswith("--") else _comment(line)
    for number, line in enumerate(advice.undo.splitlines()):
        yield _comment(f"{'undo:' if number == 0 else '     '} {line}")


def _comment(text: str) -> str:
    """Return one line of comment: what ends a line in a name must not end the comment."""
    return f"-- {' '.join(text.split())}" if text.strip() else "--"
