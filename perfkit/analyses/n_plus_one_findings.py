"""An N+1 pattern as a finding: what repeats, what it costs, what to write instead."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from perfkit import units
from perfkit.analyses.repeats.snippets import at_once, snippet
from perfkit.analyses.repeats.statement_kinds import writes
from perfkit.analyses.statements import shown
from perfkit.results import Finding, Fix

if TYPE_CHECKING:
    from perfkit.analyses.n_plus_one_pattern import Pattern

__all__ = ["Sender", "finding"]

CRITICAL_MS = 100.0  # per request; felt by itself (Nielsen: 100 ms)
CRITICAL_SHARE = 0.5
_NARROW = 0.5  # of the saving; a range that begins below it has to be explained
_WIDE = " The range is wide because {}. The low end is what the round trips themselves cost."
_LONG_CALLS = (
    "a call takes much longer than its round trip alone: it waits (for a busy event loop, a pool, a"
    " lock) or works for its row"
)
_LONG_GAPS = "the gaps between the calls differ: in the longer ones the caller waits or works"
_CONFIRMED = 3  # requests that show the same
_EVIDENCE = 3
_ALSO = 4
_TEXTS = {
    "http": "Ask for all items in one call.",
    "rpc": "Ask for all items in one call.",
    "cache": "Ask for all keys with one command, or send all commands in one round trip.",
}
_GROWTH = {
    "rows": " N is the number of rows that it returns: it grows with the data.",
    "varies": " N differs from request to request.",
}


@dataclass(frozen=True, kw_only=True)
class Sender:
    """Who sends the calls: library, language, database system; "" where nothing tells."""

    library: str = ""
    language: str = ""
    system: str = ""


def finding(pattern: Pattern, sender: Sender | None = None, growth: str = "") -> Finding:
    """Return the finding for one pattern; ``growth`` as :func:`.repeats.growth.growth` has it."""
    return Finding(
        rule="n-plus-one",
        severity=_severity(pattern),
        title=_title(pattern),
        evidence=_evidence(pattern),
        saves_ms=pattern.saves_ms,
        saves_basis="per request",
        saves_times=pattern.weight,
        fix=_fix(pattern, sender or Sender(), growth),
        effort="low" if pattern.target.kind in {"sql", "cache"} else "medium",
        confidence=_confidence(pattern),
        keys=_keys(pattern),
    )


def _confidence(pattern: Pattern) -> Any:
    if pattern.guessed:
        return "low"
    return "high" if pattern.requests >= _CONFIRMED else "medium"


def _severity(pattern: Pattern) -> Any:
    heavy = pattern.saves_ms >= CRITICAL_MS or pattern.share >= CRITICAL_SHARE
    return "critical" if heavy else "warning"


def _title(pattern: Pattern) -> str:
    counts = [repeat.repeats for repeat in pattern.found]
    spread = f" ({min(counts)} to {max(counts)})" if pattern.varies else ""
    who = "A database session" if pattern.session else pattern.route or "A request"
    more = len(pattern.also)
    others = f" and {more} more statement{'s'[: more > 1]} in the same loop" if more else ""
    per = "in a row" if pattern.session else "per request"
    gaps = "; the gaps in between are lost as well" if pattern.saves_ms > pattern.time_ms else ""
    return (
        f"{who} sends {shown(pattern.target.text)}{others}"
        f" {pattern.repeats} times {per}{spread}, {units.format_ms(pattern.time_ms)}"
        f" or {units.format_share(pattern.share)} of it{gaps}"
    )


def _evidence(pattern: Pattern) -> list[dict[str, Any]]:
    longest = sorted(pattern.found, key=lambda r: (-r.time_ms, r.trace_id or ""))[:_EVIDENCE]
    return [
        {
            **({"session": repeat.session} if pattern.session else {"trace_id": repeat.trace_id}),
            "repeats": repeat.repeats,
            "time_ms": repeat.time_ms,
            "one_call_ms": repeat.call_ms,
            "gap_ms": repeat.gap_ms,
            "after": shown(repeat.source) if repeat.source else None,
        }
        for repeat in longest
    ]


def _fix(pattern: Pattern, sender: Sender, growth: str) -> Fix:
    target = pattern.target
    writing = writes(target)
    language, text = snippet(target.kind, sender.library, sender.language, writing=writing)
    statement = at_once(target.fingerprint or "", sender.system, language)
    if target.kind == "sql" and not writing:
        text = "\n".join(filter(None, (text, statement)))
    return Fix(
        text="".join((_what(pattern, writing), _where(pattern, growth), _saving(pattern))),
        snippet=text,
        language=language,
    )


def _what(pattern: Pattern, writing: bool) -> str:  # noqa: FBT001 - what the calls do
    kind = pattern.target.kind
    if kind in _TEXTS:
        return _TEXTS[kind]
    if writing:
        return "Write all rows with one statement."
    if pattern.also:
        also = "; ".join(shown(other.text) for other in pattern.also[:_ALSO])
        return (
            "Load the rows of all items with one statement of each kind instead of one of each"
            f" per item. The loop sends as well: {also}."
        )
    return "Load the rows of all items with one statement instead of one per item."


def _saving(pattern: Pattern) -> str:
    low, high = pattern.saves_range_ms
    if math.isnan(low) or math.isnan(high):
        return ""
    said = f" It saves {units.format_ms(low)} to {units.format_ms(high)} per request."
    if low >= _NARROW * pattern.saves_ms:
        return said
    typical = pattern.typical
    of_calls = typical.time_ms - typical.call_ms
    return said + _WIDE.format(_LONG_CALLS if of_calls > typical.saves_ms / 2 else _LONG_GAPS)


def _where(pattern: Pattern, growth: str) -> str:
    if not pattern.source:
        return ""
    return f" They come from {shown(pattern.source)}.{_GROWTH.get(growth, '')}"


def _keys(pattern: Pattern) -> dict[str, str]:
    target = pattern.target
    known = {
        "route": pattern.route,
        "fingerprint_id": target.fingerprint_id,
        "also": " ".join(filter(None, (other.fingerprint_id for other in pattern.also))),
        "peer": target.peer,
        "trace_id": pattern.typical.trace_id,
    }
    return {name: value for name, value in known.items() if value}
