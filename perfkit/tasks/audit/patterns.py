"""Whether an index for LIKE is worth a proposal where nobody knows the patterns.

pg_stat_statements has ``$1`` for them. Where somebody has made an index for patterns with a fixed
start already (text_pattern_ops), those are what is asked for: the plan for unknown values cannot
use it, the plans of real executions do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from perfkit.plans.candidates import Candidate
    from perfkit.plans.facts import Facts, IndexFacts, TableFacts
    from perfkit.tasks.audit.workload import Asked

__all__ = ["answered_by_prefix"]

_TRIGRAMS = {"gin_trgm_ops", "gist_trgm_ops"}


def answered_by_prefix(candidate: Candidate, facts: Facts, asked: Asked) -> bool:
    """Whether the candidate is of trigrams and a b-tree serves patterns with a fixed start."""
    if asked.values or not any(key.operator_class in _TRIGRAMS for key in candidate.keys):
        return False
    table = facts.tables.get((candidate.schema or "", candidate.table))
    return table is not None and any(
        _serves_patterns(index, column, table)
        for index in table.indexes
        for column in candidate.columns
    )


def _serves_patterns(index: IndexFacts, column: str, table: TableFacts) -> bool:
    """Whether it is a b-tree that begins with the column and compares it byte by byte."""
    if index.method != "btree" or not index.valid or index.keys[:1] != (column,):
        return False
    if index.classes and index.classes[0].endswith("_pattern_ops"):
        return True
    known = table.columns.get(column)
    collation = index.collations[0] if index.collations else ""
    by_bytes = known.by_bytes if known is not None else False
    return collation in {"C", "POSIX"} or (not collation and bool(by_bytes))
