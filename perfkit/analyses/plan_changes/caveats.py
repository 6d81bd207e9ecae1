"""What limits the comparison of two plans, and which plans cannot be compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfkit.analyses.plan_changes.noise import BAND_MS, BAND_SHARE, COST_TIE
from perfkit.errors import UsageError
from perfkit.fingerprint import fingerprint
from perfkit.units import format_count, format_share

if TYPE_CHECKING:
    from perfkit.analyses.plan_changes.changed import Changed
    from perfkit.analyses.plan_changes.sides import Side

__all__ = ["caveats", "refuse_others"]

_TITLES = {"postgresql": "PostgreSQL", "mysql": "MySQL", "mariadb": "MariaDB"}
_READ = 1.5  # times as many blocks from disk
_READ_MORE = 100  # blocks


def refuse_others(a: Side, b: Side) -> None:
    """Refuse plans of two systems, and of statements that have no table in common.

    Raises:
        UsageError: they do not compare.
    """
    one, other = (_TITLES.get(side.plan.system, side.plan.system) for side in (a, b))
    if one != other:
        raise UsageError(
            f"diff_plans: {a.name} is a plan of {one}, {b.name} of {other}: their nodes and costs "
            "do not compare",
            hint="pass two plans of one system",
        )
    left, right = _tables(a), _tables(b)
    if left and right and not left & right and not _same_statement(a, b):
        raise UsageError(
            f"diff_plans: the plans have no table in common ({a.name}: {_named(left)}; "
            f"{b.name}: {_named(right)})",
            hint="pass two plans of one statement",
        )


def caveats(change: Changed) -> list[str]:
    """Return what limits the comparison, a sentence each."""
    return [*_statements(change), *_measured(change), *_cache(change), *_damaged(change)]


def _tables(side: Side) -> set[str]:
    return {node.relation.lower() for node in side.plan.tree if node.relation}


def _named(tables: set[str]) -> str:
    return ", ".join(sorted(tables)[:3]) + (", ..." if len(tables) > 3 else "")  # noqa: PLR2004


def _same_statement(a: Side, b: Side) -> bool:
    one, other = a.plan.statement, b.plan.statement
    return bool(one and other) and fingerprint(one or "") == fingerprint(other or "")


def _statements(change: Changed) -> list[str]:
    a, b = change.a, change.b
    if a.plan.statement and b.plan.statement and not _same_statement(a, b):
        return ["These are plans of different statements: what only one of them does is shown."]
    only = [_tables(a) - _tables(b), _tables(b) - _tables(a)]
    if not any(only) or _same_statement(a, b):
        return []
    told = [f"{_named(t)} only in {s.name}" for t, s in zip(only, (a, b), strict=True) if t]
    return [f"The plans do not read the same tables ({'; '.join(told)}): other statements?"]


def _measured(change: Changed) -> list[str]:
    if change.measure == "time":
        said = (
            f"Each side is a single execution: differences below {format_share(BAND_SHARE)} or "
            f"{BAND_MS:g} ms count as none, and other load can make larger ones. Repeat what "
            "matters."
        )
        return [said]
    missing = [side.name for side in (change.a, change.b) if side.total is None]
    said = (
        f"{' and '.join(missing)} {'have' if len(missing) > 1 else 'has'} no times (EXPLAIN "
        "without ANALYZE or with TIMING OFF): shape, rows and estimated cost are compared. Costs "
        f"within {format_share(COST_TIE)} are ties."
    )
    return [said]


def _cache(change: Changed) -> list[str]:
    a, b = (side.rows[0]["read_blocks"] for side in (change.a, change.b))
    if a is None or b is None or abs(a - b) < _READ_MORE or max(a, b) < _READ * min(a, b):
        return []
    cold, warm = (change.b, change.a) if b > a else (change.a, change.b)
    said = (
        f"{cold.name} read {format_count(max(a, b))} blocks that were not in shared buffers, "
        f"{warm.name} {format_count(min(a, b))}: a colder cache explains some of the time."
    )
    return [said]


def _damaged(change: Changed) -> list[str]:
    found = [f"{s.name}: {lost}" for s in (change.a, change.b) for lost in s.plan.lost]
    found += [
        f"{side.name}: the times of some nodes contradict each other (timing_ok in .plan.nodes)."
        for side in (change.a, change.b)
        if any(row["timing_ok"] is False for row in side.rows)
    ]
    return found
