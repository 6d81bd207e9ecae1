"""An N+1 pattern as a finding: what repeats, what it costs, what to write instead."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from perfkit import units
from perfkit.analyses.repeats.innocent import writes
from perfkit.analyses.statements import shown
from perfkit.results import Finding, Fix

if TYPE_CHECKING:
    from perfkit.analyses.n_plus_one_pattern import Pattern

__all__ = ["finding"]

CRITICAL_MS = 100.0  # per request; felt by itself (Nielsen: 100 ms)
CRITICAL_SHARE = 0.5
_CONFIRMED = 3  # requests that show the same
_EVIDENCE = 3
# "where order_id = ?" as written by people, "where ?::integer = t.order_id" as by SQLAlchemy
_CAST = r"(?:::\w+(?: varying)?)?"
_BY_ID = re.compile(
    rf'\bwhere (?:(?P<left>[\w".`]+) = \?{_CAST}|\?{_CAST} = (?P<right>[\w".`]+))(?![\w".`:])'
)

_ORM = """\
# SQLAlchemy: load the related rows of all parents with one more statement
select(Parent).options(selectinload(Parent.children))
# Django: Parent.objects.prefetch_related("children")"""

_WRITE = """\
# one statement for all rows, not one per row
session.execute(insert(Model), [{"column": value}, ...])"""

_HTTP = """\
# one call for all ids, where the service offers it
await client.get("/items", params={"ids": ids})
# otherwise all calls at once
await asyncio.gather(*(client.get(f"/items/{id}") for id in ids))"""


def finding(pattern: Pattern) -> Finding:
    """Return the finding for one pattern."""
    return Finding(
        rule="n-plus-one",
        severity=_severity(pattern),
        title=_title(pattern),
        evidence=_evidence(pattern),
        saves_ms=pattern.saves_ms,
        saves_basis="per request",
        saves_times=pattern.requests,
        fix=_fix(pattern),
        effort="low" if pattern.target.fingerprint else "medium",
        confidence="high" if pattern.requests >= _CONFIRMED else "medium",
        keys=_keys(pattern),
    )


def _severity(pattern: Pattern) -> Any:
    heavy = pattern.saves_ms >= CRITICAL_MS or pattern.share >= CRITICAL_SHARE
    return "critical" if heavy else "warning"


def _title(pattern: Pattern) -> str:
    counts = [repeat.repeats for repeat in pattern.found]
    spread = f" ({min(counts)} to {max(counts)})" if pattern.varies else ""
    return (
        f"{pattern.route or 'A request'} sends {shown(pattern.target.text)}"
        f" {pattern.repeats} times per request{spread}, {units.format_ms(pattern.time_ms)}"
        f" or {units.format_share(pattern.share)} of it"
    )


def _evidence(pattern: Pattern) -> list[dict[str, Any]]:
    longest = sorted(pattern.found, key=lambda r: (-r.time_ms, r.trace_id or ""))[:_EVIDENCE]
    return [
        {
            "trace_id": repeat.trace_id,
            "repeats": repeat.repeats,
            "time_ms": repeat.time_ms,
            "one_call_ms": repeat.call_ms,
            "after": shown(repeat.source) if repeat.source else None,
        }
        for repeat in longest
    ]


def _fix(pattern: Pattern) -> Fix:
    target = pattern.target
    if target.fingerprint is None:
        return Fix(text="Ask for all items in one call.", snippet=_HTTP, language="python")
    if writes(target):
        return Fix(text="Write all rows with one statement.", snippet=_WRITE, language="python")
    loop = f" They come from {shown(pattern.source)}" if pattern.source else ""
    return Fix(
        text=f"Load the rows of all items with one statement instead of one per item.{loop}",
        snippet="\n".join(filter(None, (_ORM, _at_once(target.fingerprint)))),
        language="python",
    )


def _at_once(fingerprint: str) -> str:
    """Return the statement for all ids, as a comment; "" where it has no simple condition.

    The text comes from a log: on one line, nothing of it leaves the comment. A null byte would
    keep Python from reading the snippet at all.
    """
    found = _BY_ID.search(fingerprint)
    if found is None:
        return ""
    column = found["left"] or found["right"]
    statement = fingerprint.replace(found[0], f"where {column} = ANY(:ids)", 1)
    return "# SQL: " + " ".join(statement.replace("\0", " ").split())


def _keys(pattern: Pattern) -> dict[str, str]:
    target = pattern.target
    known = {
        "route": pattern.route,
        "fingerprint_id": target.fingerprint_id,
        "peer": target.peer,
        "trace_id": pattern.typical.trace_id,
    }
    return {name: value for name, value in known.items() if value}
