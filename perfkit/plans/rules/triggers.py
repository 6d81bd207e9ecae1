"""Triggers that take much of a write's time; foreign keys whose child has no index."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfkit.plans.postgres_sql import literal, quoted
from perfkit.plans.rules.measures import spent
from perfkit.plans.rules.rule import Rule
from perfkit.plans.scans import MATTERS_MS
from perfkit.results import Finding, Fix
from perfkit.units import format_count, format_ms

if TYPE_CHECKING:
    from perfkit.plans.facts import Facts
    from perfkit.plans.model import Plan

__all__ = ["RULES"]

#: A trigger counts from this share of the execution on.
TRIGGER_SHARE = 0.10
#: Looking up the rows of a child by index takes some 0.02 ms; a scan of a table that is worth
#: an index takes longer than this.
LOOKUP_MS, SCAN_MS = 0.02, 0.1
# Action triggers sit on the referenced table and look for children; check triggers ("_c_") sit
# on the child and look into the unique index of the parent.
_ACTION = "RI_ConstraintTrigger_a_"
_CHECK = "RI_ConstraintTrigger_c_"


@dataclass(frozen=True, kw_only=True)
class _Trigger:
    name: str
    constraint: str | None
    relation: str | None
    ms: float
    calls: float

    @property
    def each_ms(self) -> float:
        return self.ms / max(self.calls, 1.0)


def slow_trigger(plan: Plan, _facts: Facts) -> list[Finding]:
    """Find triggers that take a tenth of the time, foreign keys' own left out."""
    found = [one for one in _triggers(plan) if _counts(plan, one)]
    return [_trigger_finding(plan, one) for one in found if not _key_of_table(one)]


def missing_fk_index(plan: Plan, _facts: Facts) -> list[Finding]:
    """Find foreign keys whose check scans the child table for every row deleted or changed."""
    found = [one for one in _triggers(plan) if _counts(plan, one)]
    return [
        _key_finding(plan, one)
        for one in found
        if one.each_ms >= SCAN_MS and _looks_for_children(plan, one)
    ]


def _triggers(plan: Plan) -> list[_Trigger]:
    listed = plan.document.get("Triggers")
    entries = [e for e in listed if isinstance(e, dict)] if isinstance(listed, list) else []
    return [
        _Trigger(
            name=str(entry.get("Trigger Name") or entry.get("Constraint Name") or "?"),
            constraint=entry.get("Constraint Name"),
            relation=entry.get("Relation"),
            ms=float(entry.get("Time") or 0.0),
            calls=float(entry.get("Calls") or 0.0),
        )
        for entry in entries
    ]


def _counts(plan: Plan, trigger: _Trigger) -> bool:
    whole = plan.execution_ms or 0.0
    return trigger.ms >= MATTERS_MS and trigger.ms >= TRIGGER_SHARE * whole


def _key_of_table(trigger: _Trigger) -> bool:
    """Whether it is a foreign key's: what its checks cost is the price of the key."""
    return trigger.name.startswith((_ACTION, _CHECK)) or (
        trigger.constraint is not None and trigger.name == trigger.constraint
    )


def _looks_for_children(plan: Plan, trigger: _Trigger) -> bool:
    """Whether it is a foreign key's trigger on the referenced table.

    Text plans name the constraint only; a DELETE fires nothing on the child's side.
    """
    deletes = any(node.text("Operation") == "Delete" for node in plan.tree)
    unnamed = trigger.constraint is not None and trigger.name == trigger.constraint
    return trigger.name.startswith(_ACTION) or (unnamed and deletes)


def _evidence(trigger: _Trigger) -> list[dict[str, object]]:
    return [
        {
            "trigger": trigger.name,
            "constraint": trigger.constraint,
            "table": trigger.relation,
            "calls": trigger.calls,
            "ms": trigger.ms,
            "ms_per_call": trigger.each_ms,
        }
    ]


def _trigger_finding(plan: Plan, trigger: _Trigger) -> Finding:
    return Finding(
        rule="slow-trigger",
        severity="warning",
        title=f"The trigger {trigger.name}{_on(trigger)} takes {spent(plan, trigger.ms)} in "
        f"{format_count(trigger.calls)} calls, {format_ms(trigger.each_ms)} each",
        evidence=_evidence(trigger),
        fix=Fix(
            text="Look at the statements inside its function (auto_explain with "
            "log_nested_statements). Work that can be done for all rows at once belongs into a "
            "statement-level trigger with transition tables; a WHEN condition spares calls.",
            snippet=_definition_sql(trigger),
            language="sql",
            test="LOAD 'auto_explain';\nSET auto_explain.log_min_duration = 0;\n"
            "SET auto_explain.log_nested_statements = on;\nSET auto_explain.log_analyze = on;",
        ),
        saves_basis="per execution",
        effort="medium",
        confidence="high",
        reference="PostgreSQL documentation, Triggers; auto_explain",
        keys={"table": trigger.relation} if trigger.relation else {},
    )


def _on(trigger: _Trigger) -> str:
    return f" on {trigger.relation}" if trigger.relation else ""


def _key_finding(plan: Plan, trigger: _Trigger) -> Finding:
    name = trigger.constraint or trigger.name
    return Finding(
        rule="missing-fk-index",
        severity="warning",
        title=f"Checking the foreign key {name} takes {spent(plan, trigger.ms)}: "
        f"{format_ms(trigger.each_ms)} for each of {format_count(trigger.calls)} rows, as long "
        "as a scan of the referencing table",
        evidence=_evidence(trigger),
        fix=Fix(
            text="The referencing table very likely has no index that begins with the key's "
            "columns. The statement below writes the CREATE INDEX for it; run it outside a "
            "transaction.",
            snippet=_create_sql(trigger),
            language="sql",
            test=_check_sql(trigger),
        ),
        saves_ms=max(trigger.ms - trigger.calls * LOOKUP_MS, 0.0),
        saves_basis="per execution",
        effort="low",
        confidence="medium",
        reference="PostgreSQL documentation, Constraints: Foreign Keys",
        keys={"table": trigger.relation} if trigger.relation else {},
    )


def _where(trigger: _Trigger) -> str:
    constraint = f"conname = {literal(trigger.constraint or '')}"
    table = f" AND confrelid = {literal(quoted(trigger.relation or ''))}::regclass"
    return f"contype = 'f' AND {constraint}{table if trigger.relation else ''}"


def _definition_sql(trigger: _Trigger) -> str:
    name = literal(trigger.name)
    return f"SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgname = {name};"  # noqa: S608 - for a person to read; literal() quotes


def _create_sql(trigger: _Trigger) -> str:
    return "\n".join(
        (
            "SELECT format('CREATE INDEX CONCURRENTLY ON %s (%s);', conrelid::regclass,",
            "  (SELECT string_agg(quote_ident(attname), ', ' ORDER BY position)",
            "   FROM unnest(conkey) WITH ORDINALITY AS key (number, position)",
            "   JOIN pg_attribute ON attrelid = conrelid AND attnum = number))",
            f"FROM pg_constraint WHERE {_where(trigger)};",
        )
    )


def _check_sql(trigger: _Trigger) -> str:
    return (
        "SELECT conrelid::regclass AS referencing, indexrelid::regclass AS index\n"
        "FROM pg_constraint LEFT JOIN pg_index\n"
        "  ON indrelid = conrelid AND indisvalid AND indpred IS NULL\n"
        "  AND (string_to_array(indkey::text, ' ')::int2[])[1:cardinality(conkey)] @> conkey\n"
        f"WHERE {_where(trigger)};"
    )


RULES = (
    Rule(
        name="slow-trigger",
        looks_at="triggers that take a tenth of the time",
        find=slow_trigger,
    ),
    Rule(
        name="missing-fk-index",
        looks_at="foreign keys whose checks scan the referencing table",
        find=missing_fk_index,
    ),
)
