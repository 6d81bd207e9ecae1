"""Did a statement get slower because its plan changed? From the plans that were logged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from perfkit.analyses.plan_changes.history.changes import changes
from perfkit.analyses.plan_changes.history.drawn import chosen, series
from perfkit.analyses.plan_changes.history.findings import Told, findings
from perfkit.analyses.plan_changes.history.gather import History, gathered
from perfkit.analyses.plan_changes.history.rows import table
from perfkit.analyses.plan_changes.history.stretches import FEWEST
from perfkit.recording import as_recording
from perfkit.results import Result
from perfkit.units import format_count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfkit.analyses.plan_changes.history.changes import Change
    from perfkit.recording import Recording
    from perfkit.results import Finding

__all__ = ["plan_history"]

_WORDS = {"flip": "flip", "drift": "regression", "alternation": "alternates"}


def plan_history(data: Any) -> Result:
    """Find statements whose plan changed and made them slower, and plans that got slower.

    A plan's shape is its tree of node types, tables and indexes. A statement that goes from
    one shape to another (``plan-flip``), goes to and fro (``unstable-plan``), or keeps its
    shape and does more (``plan-regression``: rows, blocks, a cold cache) is reported if the
    times differ by 20 % and 1 ms and by more than chance, and if more rows do not explain it.
    Shapes that are equally fast are in the table and are no finding.

    Args:
        data: a Recording, or a table of plans (columns ``at``, ``duration_ms``, ``plan``,
            ``statement`` or ``fingerprint_id``), such as auto_explain writes.

    Returns:
        One row per statement and shape: ``shape`` in words, ``executions`` with a plan, their
        ``share`` of the statement's, p50_ms, p95_ms, mean_ms, first_at, last_at, and
        ``change``: flip, regression, alternates, only shape, one of several.

    Raises:
        UsageError: ``data`` is neither.

    Example:
        >>> plan_history(Recording()).arrow.num_rows  # doctest: +SKIP
        0
    """
    rec = as_recording(data, "plans")
    history = gathered(rec.arrow("plans"))
    found = findings(changes(history.statements), _told(history, rec))
    slower = [change for change, _ in found]
    rows = table(history, _words(slower))
    drawn = chosen(history, slower)
    return Result(
        analysis="plan_history",
        question="Did statements get slower because their plans changed?",
        headline=_headline(history, [finding for _, finding in found]),
        arrow=rows,
        noun="shapes",
        findings=[finding for _, finding in found],
        caveats=_caveats(rec, history),
        checked=(_checked(history),),
        totals={
            "plans": history.plans,
            "statements": len(history.statements),
            "shapes": rows.num_rows,
            "several": sum(len(one.shapes) > 1 for one in history.statements),
            "drawn": drawn.fingerprint_id if drawn else None,
            "zone": rec.zone,
        },
        series=series(drawn, slower, history.names),
    )


def _told(history: History, rec: Recording) -> Told:
    dated = [one for one in history.statements if one.dated]
    return Told(
        names=history.names,
        zone=rec.zone,
        first=min((int(one.at[0]) for one in dated), default=0),
        last=max((int(one.at[-1]) for one in dated), default=0),
    )


def _words(found: Sequence[Change]) -> dict[tuple[str, int], str]:
    words: dict[tuple[str, int], str] = {}
    for change in sorted(found, key=lambda one: one.kind != "drift"):  # a flip says more
        for label in change.labels:
            words[change.statement.fingerprint_id, label] = _WORDS[change.kind]
    return words


def _headline(history: History, found: Sequence[Finding]) -> str:
    if not history.plans:
        return "There are no plans in what was read: auto_explain writes them into the log."
    count = format_count(len(history.statements))
    if not found:
        several = sum(len(one.shapes) > 1 for one in history.statements)
        kept = f"; {format_count(several)} had several plans" if several else ""
        return f"No statement of {count} got slower by another plan{kept}."
    first = max(found, key=lambda finding: finding.saves_total_ms)
    more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    return f"{first.title}{more}"


def _checked(history: History) -> str:
    return (
        f"{history.plans:,} plans of {len(history.statements):,} statements: changes from one "
        f"shape to another, and of the times of each shape ({FEWEST} executions a side and more)"
    )


def _caveats(rec: Recording, history: History) -> list[str]:
    notes = rec.caveats()
    if history.statements:
        notes.append(
            "Only executions slower than auto_explain.log_min_duration have a plan: a plan that "
            "was fast is missing or looks slow, and the real number of executions is higher."
        )
    told = (
        (history.unread, "are not complete, or in YAML or XML, and were passed over"),
        (history.nameless, "name no statement and were passed over"),
        (history.undated, "have no time: their statements are in the table and were not judged"),
    )
    notes += [f"{count:,} plans {text}." for count, text in told if count]
    few = sum(_is_thin(one) for one in history.statements)
    if few:
        notes.append(
            f"Statements with several plans and too few executions of each to judge them (below "
            f"{FEWEST}): {few:,}."
        )
    return notes


def _is_thin(statement: Any) -> bool:
    shapes = range(len(statement.shapes))
    enough = [label for label in shapes if statement.samples(label).size >= FEWEST]
    return len(statement.shapes) > 1 and len(enough) < 2  # noqa: PLR2004 - to compare
