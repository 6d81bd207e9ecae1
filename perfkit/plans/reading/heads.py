"""The first line of a node in EXPLAIN's text -> the properties that its JSON has.

Facts from ``ExplainNode`` in PostgreSQL's ``explain.c``; ``Motion`` and slices are
Greenplum's, ``XN`` and ``DS_`` Redshift's, ``Task`` and ``Distributed Subplan`` Citus'.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from perfkit.plans.reading.values import bare, number, words

__all__ = ["Head", "described", "head_of", "is_known", "worker_counts"]

_N = r"[0-9]+(?:\.[0-9]+)?"
_COST = re.compile(rf"\(cost=({_N})\.\.({_N}) rows=({_N}) width=([0-9]+)\)")
_ACTUAL = re.compile(rf"actual (?:time=({_N})\.\.({_N}) ?)?rows=({_N}) loops=([0-9]+)")
_WORKER = re.compile(rf"actual (?:time=({_N})\.\.({_N}) )?rows=({_N}) loops=([0-9]+)")
_NEVER = "(never executed)"
_COSTS = ("Startup Cost", "Total Cost", "Plan Rows", "Plan Width")
_ACTUALS = ("Actual Startup Time", "Actual Total Time", "Actual Rows", "Actual Loops")

_JOINS = {
    "Hash": "Hash Join",
    "Merge": "Merge Join",
    "Nested Loop": "Nested Loop",
}
_JOIN = re.compile(
    r"(Hash|Merge|Nested Loop) (?:(Left|Right|Full|Semi|Anti|Right Semi|Right Anti) )?Join"
)
_STRATEGIES = {
    "Aggregate": "Plain",
    "GroupAggregate": "Sorted",
    "HashAggregate": "Hashed",
    "MixedAggregate": "Mixed",
}
_SETS = re.compile(r"(Hash)?SetOp (Intersect|Intersect All|Except|Except All)")
_WRITES = ("Insert", "Update", "Delete", "Merge")
_MOTION = re.compile(r"((?:[A-Z]\w+ )+Motion) ([0-9]+):([0-9]+)")
_QUOTED = re.compile(r'"(?>(?:[^"]++|"")*+)"')
#: Redshift's leader (LD) and its nodes (XN), and how they move the rows of a join.
_REDSHIFT = re.compile(r"(?:XN|LD) (.*?)(?: (DS_[A-Z_]+))?")
_SLICE = re.compile(r" +\(slice([0-9]+)(?:; segments: ([0-9]+))?[^()]*\)$")
#: What a scan reads, where that is no table.
_NAMED = {
    "CTE Scan": "CTE Name",
    "WorkTable Scan": "CTE Name",
    "Function Scan": "Function Name",
    "Table Function Scan": "Table Function Name",
    "Bitmap Index Scan": "Index Name",
    "Named Tuplestore Scan": "Tuplestore Name",
}
_ALIAS_ONLY = frozenset({"Subquery Scan", "Values Scan"})
_SCANS = frozenset(
    [*_NAMED, *_ALIAS_ONLY, "Seq Scan", "Sample Scan", "Index Scan", "Index Only Scan",
     "Bitmap Heap Scan", "Tid Scan", "Tid Range Scan", "Foreign Scan", "Custom Scan"]
)  # fmt: skip
_OTHERS = frozenset(
    ["Result", "ProjectSet", "Append", "Merge Append", "Recursive Union", "BitmapAnd", "BitmapOr",
     "Nested Loop", "Gather", "Gather Merge", "Materialize", "Memoize", "Sort",
     "Incremental Sort", "Group", "WindowAgg", "Unique", "LockRows", "Limit", "Hash",
     *_STRATEGIES, "HashSetOp", "SetOp", "ModifyTable"]
)  # fmt: skip
_PREFIXES = frozenset({"Parallel", "Async", "Partial", "Finalize"})
_SCOPED = ("Distributed Subplan",)


class Head(NamedTuple):
    """The first line of a node: what it is, and what was planned and counted.

    ``whole`` is False where the line ends within its numbers.
    """

    arrow: bool
    what: str
    counts: dict[str, Any]
    whole: bool = True


def head_of(text: str) -> Head | None:
    """Read the line ``text`` (without its indentation); None when it begins no node.

    A line without an arrow is a node only with its numbers, see :func:`is_known`.
    """
    arrow = text.startswith("->")
    if arrow:
        text = text[2:].lstrip()
    cut = _numbers_at(text)
    if cut < 0 and (begun := _begun_at(text)) > 0:
        return Head(arrow, text[:begun], {}, whole=False)
    if cut < 0:
        return Head(arrow, text, {}) if arrow and text else None
    counts, whole = _counts(text[cut:])
    what = text[:cut].rstrip()
    return (
        Head(arrow, what, counts, whole) if what and (arrow or counts or is_known(what)) else None
    )


def _numbers_at(text: str) -> int:
    """Return where the numbers begin: at the last cost, which no name can follow."""
    cut = text.rfind("(cost=")
    if cut < 0:
        cut = text.rfind("(actual ")
    if cut < 0 and text.endswith(_NEVER):
        cut = len(text) - len(_NEVER)
    return cut


def _begun_at(text: str) -> int:
    """Return where the description ends of a line that was broken within ``  (cost=``."""
    at = text.rfind("  (")
    begun = at > 0 and any(sign.startswith(text[at + 2 :]) for sign in ("(cost=", "(actual "))
    return at if begun and is_known(text[:at]) else -1


def _counts(text: str) -> tuple[dict[str, Any], bool]:
    """Return the numbers of a node, and whether the text of them is whole."""
    counts: dict[str, Any] = {}
    cost = _COST.match(text)
    if cost:
        counts |= _named(_COSTS, cost)
        text = text[cost.end() :]
    actual = _ACTUAL.search(text)
    if actual:
        counts |= _named(_ACTUALS, actual)
        text = text[actual.end() :]
    elif _NEVER in text:
        return counts | {"Actual Rows": 0, "Actual Loops": 0}, True
    return counts, bool(counts) and "(" not in text and (not actual or ")" in text)


def worker_counts(text: str) -> dict[str, Any] | None:
    """Read ``actual time=... rows=... loops=...`` of one worker; None for another line."""
    found = _WORKER.match(text)
    return _named(_ACTUALS, found) if found else None


def _named(keys: tuple[str, ...], found: re.Match[str]) -> dict[str, Any]:
    return {
        key: plain
        for key, text in zip(keys, found.groups(), strict=True)
        if text is not None and (plain := number(text)) is not None
    }


def described(what: str) -> dict[str, Any]:
    """Return the properties that the description of a node holds."""
    sliced = _SLICE.search(what[-200:])
    if sliced:
        what = what[: len(what) - len(sliced[0])]
    moved = _REDSHIFT.fullmatch(what)
    aware, able, what = _leading(moved[1] if moved else what)
    found = _kind(what) | {"Parallel Aware": aware, "Async Capable": able}
    if moved and moved[2]:
        found["Distribution"] = moved[2]
    if sliced:
        found |= {key: int(text) for key, text in zip(("Slice", "Segments"), sliced.groups(),
                                                      strict=True) if text}  # fmt: skip
    return found


def _leading(what: str) -> tuple[bool, bool, str]:
    found = {"Parallel": False, "Async": False}
    while (word := what.partition(" ")[0]) in found and " " in what:
        found[word] = True
        what = what[len(word) :].lstrip()
    return found["Parallel"], found["Async"], what


def is_known(what: str) -> bool:
    """Whether a line without numbers describes a node of PostgreSQL (COSTS OFF)."""
    _, _, what = _leading(what)
    first = what.partition(" ")[0]
    if first in _PREFIXES:
        return what[len(first) + 1 :] in _STRATEGIES
    if what in _OTHERS or _JOIN.fullmatch(what) or _SETS.fullmatch(what):
        return True
    kind, on, rest = what.partition(" on ")
    if on:
        return bool(rest) and len(words(rest)) <= 2 and _is_target(kind)  # noqa: PLR2004 - name, alias
    return what == "Foreign Scan" or (what.startswith("Custom Scan (") and what.endswith(")"))


def _is_target(kind: str) -> bool:
    bare_kind = kind.partition(" using ")[0].removesuffix(" Backward")
    return (
        bare_kind in _SCANS
        or bare_kind.removeprefix("Foreign ") in _WRITES
        or kind.startswith("Custom Scan (")
    )


def _kind(what: str) -> dict[str, Any]:
    if join := _JOIN.fullmatch(what):
        return {"Node Type": _JOINS[join[1]], "Join Type": join[2] or "Inner"}
    if what == "Nested Loop":
        return {"Node Type": what, "Join Type": "Inner"}
    mode, _, rest = what.partition(" ")
    mode, rest = (mode, rest) if mode in {"Partial", "Finalize"} else ("Simple", what)
    if rest in _STRATEGIES:
        return {"Node Type": "Aggregate", "Strategy": _STRATEGIES[rest], "Partial Mode": mode}
    if sets := _SETS.fullmatch(what):
        strategy = "Hashed" if sets[1] else "Sorted"
        return {"Node Type": "SetOp", "Strategy": strategy, "Command": sets[2]}
    return _target(what) or _extension(what) or {"Node Type": what}


def _extension(what: str) -> dict[str, Any]:
    if motion := _MOTION.fullmatch(what):
        senders, receivers = int(motion[2]), int(motion[3])
        return {"Node Type": motion[1], "Senders": senders, "Receivers": receivers}
    if what.startswith("Custom Scan (") and what.endswith(")"):
        return {"Node Type": "Custom Scan", "Custom Plan Provider": what[13:-1]}
    for scope in _SCOPED:
        if what.startswith(scope + " "):
            return {"Node Type": scope, "Subplan Name": what}
    return {"Node Type": what, "Operation": "Select"} if what == "Foreign Scan" else {}


def _target(what: str) -> dict[str, Any]:
    """Read ``<kind> [Backward] [using <index>] on <name> [<alias>]``; {} for other nodes."""
    kind, on, rest = what.partition(" on ")
    if not on:
        return {}
    if " using " in kind or '"' in kind:
        kind, _, index = what.partition(" using ")
        name, on, rest = _split_on(index)
        return _scan(kind, rest) | _index(kind, name) if on else {}
    return _scan(kind, rest)


def _split_on(text: str) -> tuple[str, str, str]:
    """Cut at the word ``on`` that stands outside of quotes."""
    found = words(text)
    if "on" not in found:
        return text, "", ""
    at = found.index("on")
    return " ".join(found[:at]), "on", text[_behind(text, found, at) :]


def _behind(text: str, found: list[str], at: int) -> int:
    place = 0
    for word in found[: at + 1]:
        place = text.index(word, place) + len(word)
    return place


def _index(kind: str, name: str) -> dict[str, Any]:
    backward = kind.endswith(" Backward")
    return {"Scan Direction": "Backward" if backward else "Forward", "Index Name": bare(name)}


def _scan(kind: str, rest: str) -> dict[str, Any]:
    kind = kind.removesuffix(" Backward")
    if kind in _WRITES:
        return {"Node Type": "ModifyTable", "Operation": kind, **_relation(rest, "Relation Name")}
    operation = kind.removeprefix("Foreign ")
    if kind == "Foreign Scan" or (operation != kind and operation in _WRITES):
        named = _relation(rest, "Relation Name")
        chosen = "Select" if operation == "Scan" else operation
        return {"Node Type": "Foreign Scan", "Operation": chosen, **named}
    if kind in _ALIAS_ONLY:
        return {"Node Type": kind, "Alias": bare(rest.strip())}
    if kind == "Bitmap Index Scan":
        return {"Node Type": kind, "Index Name": bare(rest.strip())}
    named = _relation(rest, _NAMED.get(kind, "Relation Name"))
    if kind.startswith("Custom Scan ("):
        return {"Node Type": "Custom Scan", "Custom Plan Provider": kind[13:-1], **named}
    return {"Node Type": kind, **named}


def _relation(text: str, key: str) -> dict[str, str]:
    found = words(text) or [""]
    schema, name = _qualified(found[0])
    alias = bare(" ".join(found[1:])) if len(found) > 1 else name
    return {key: name, **({"Schema": schema} if schema else {}), "Alias": alias}


def _qualified(text: str) -> tuple[str, str]:
    """Cut ``schema.name``; dots inside of quotes belong to the name."""
    quoted = _QUOTED.match(text)
    if quoted is None:
        schema, dot, name = text.partition(".")
        return (bare(schema), bare(name)) if dot else ("", bare(text))
    if text[quoted.end() :].startswith("."):
        return bare(quoted[0]), bare(text[quoted.end() + 1 :])
    return "", bare(text)
