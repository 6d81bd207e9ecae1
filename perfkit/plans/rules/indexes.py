"""The index that a finding recommends, and how to test it before it exists."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from perfkit.plans.advice import index_fix
from perfkit.plans.candidates import candidate, candidates
from perfkit.plans.postgres_sql import code, identifier, quoted
from perfkit.plans.rules.rerun import statement_of
from perfkit.results import Fix

if TYPE_CHECKING:
    from perfkit.plans.candidates import Candidate
    from perfkit.plans.facts import Facts
    from perfkit.plans.model import Node, Plan

__all__ = ["Proposals", "table_name"]

_ASKED = ("Index Cond", "Recheck Cond", "Filter")
_NONE = Fix(
    text="No index is known that would serve the condition as it is written and is not there "
    "already: look at the condition, at the statistics (ANALYZE) and at what the planner was "
    "told (random_page_cost, effective_cache_size)."
)


@dataclass(frozen=True)
class Proposals:
    """The indexes that would help ``plan``, worked out once for all its findings."""

    plan: Plan
    facts: Facts

    @cached_property
    def all(self) -> tuple[Candidate, ...]:
        """Every candidate, best first."""
        return tuple(candidates(self.plan, self.facts))

    def of(self, node: Node) -> Candidate | None:
        """Return the best index for the table that ``node`` scans, None if nothing fits.

        Of several, that for this scan: its conditions or the order above it name its first
        key.
        """
        names = {(node.text("Schema"), node.relation), *self._wholes(node)}
        mine = [one for one in self.all if (one.schema, one.table) in names]
        words = _words(self.plan, node)
        fitting = [one for one in mine if words.issuperset(_names(one.keys[0].column))]
        if fitting or self.facts.of(node) is not None:
            return next(iter(fitting), None)
        return candidate(self.plan, node)

    def fix(self, node: Node) -> tuple[Candidate | None, Fix]:
        """Return the best index for ``node`` and the advice to build it, with its test."""
        found = self.of(node)
        return found, _NONE if found is None else self._built(found)

    def advice(self, found: Candidate | None, text: str) -> Fix:
        """Return ``text`` with the advice to build ``found``, if there is one."""
        if found is None:
            return Fix(text=text)
        fix = self._built(found)
        return replace(fix, text=f"{text} {fix.text}")

    def _built(self, found: Candidate) -> Fix:
        fix = index_fix(found, statement=statement_of(self.plan))
        # Without its companions it is of no use (an OR over two columns takes two).
        missing = [one.sql() for one in found.companions if one.sql() not in fix.snippet]
        return replace(fix, snippet="\n".join((fix.snippet, *missing)))

    def _wholes(self, node: Node) -> set[tuple[str | None, str | None]]:
        """Return the partitioned table that ``node`` scans a part of."""
        table = self.facts.of(node)
        whole = None if table is None else self.facts.whole(table)
        return set() if whole is None else {(whole.schema, whole.name)}


def table_name(node: Node) -> str:
    """Return the table that ``node`` scans as SQL writes it, with its schema where known."""
    parts = (node.text("Schema"), node.relation)
    return ".".join(quoted(part) for part in parts if part)


def _words(plan: Plan, node: Node) -> set[str]:
    """Return the names in the conditions of ``node`` and in the orders asked for above it."""
    texts = [node.text(key) or "" for key in _ASKED]
    for above in plan.ancestors(node):
        for key in ("Sort Key", "Group Key", "Hash Cond", "Merge Cond", "Join Filter"):
            value = above.properties.get(key) or ""
            texts.append(" ".join(map(str, value)) if isinstance(value, list) else str(value))
    return {name for text in texts for name in _names(text)}


def _names(sql: str) -> set[str]:
    return {name for token in code(sql) if (name := identifier(token)) is not None}
