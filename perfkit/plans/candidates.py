"""The one composite index that a scan's conditions and the sort above it ask for.

Order of the columns: equality first, then the sort's columns with their directions if they
spare the sort, then lists of values, then one range: behind a range an index is not sorted
any more. A sort without LIMIT below which a range filters is left to be sorted: fewer rows
to read weigh more.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfkit.plans.conditions import Predicate, SortKey, predicates, sort_keys
from perfkit.plans.postgres_sql import quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from perfkit.plans.model import Node, Plan

__all__ = ["Candidate", "candidate"]

#: More key columns than this hardly ever narrow a scan further, and cost on every write.
MAX_COLUMNS = 4
_NAME_BYTES = 63  # NAMEDATALEN - 1
_ORDER_KEPT = {"Gather", "Gather Merge", "Result"}
_SORTS = {"Sort", "Incremental Sort"}


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """An index worth trying: nothing proves yet that the planner would use it."""

    table: str
    keys: tuple[SortKey, ...]
    equality: int  # how many keys, from the left, are compared with one value
    schema: str | None = None
    compared_as_text: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the key columns."""
        return tuple(key.column for key in self.keys)

    @property
    def name(self) -> str:
        """``table_columns_idx``, at most 63 bytes."""
        name = "_".join((self.table, *self.columns, "idx"))
        if len(name.encode()) <= _NAME_BYTES:
            return name
        digest = hashlib.blake2b(name.encode(), digest_size=4).hexdigest()
        room = _NAME_BYTES - len(digest) - len("__idx")
        return f"{name.encode()[:room].decode(errors='ignore')}_{digest}_idx"

    @property
    def key_list(self) -> str:
        """The keys as SQL: ``user_id, status, created_at DESC``."""
        return ", ".join(_key(key) for key in self.keys)

    @property
    def qualified_name(self) -> str:
        """The name with its schema, quoted where it must be."""
        return self._qualified(self.name)

    def sql(self, *, concurrently: bool = True) -> str:
        """Return the statement that builds it; concurrently means without blocking writes."""
        how = "CONCURRENTLY IF NOT EXISTS " if concurrently else ""
        table = self._qualified(self.table)
        return f"CREATE INDEX {how}{quoted(self.name)} ON {table} ({self.key_list});"

    def _qualified(self, name: str) -> str:
        return ".".join(quoted(part) for part in (self.schema, name) if part)


def candidate(plan: Plan, scan: Node) -> Candidate | None:
    """Return the index that would narrow ``scan``, None if its filter has nothing to use."""
    found = predicates(scan.text("Filter"), scan.text("Alias"))
    if not found or scan.relation is None:
        return None
    equality = _columns(found, "equality")
    order, limited = _order(plan, scan)
    keys = _arranged(found, order, limited=limited)[:MAX_COLUMNS]
    return Candidate(
        schema=scan.text("Schema"),
        table=scan.relation,
        keys=tuple(keys),
        equality=min(len(equality), len(keys)),
        compared_as_text=tuple(dict.fromkeys(p.column for p in found if p.cast)),
    )


def _arranged(
    found: Sequence[Predicate], order: Sequence[SortKey], *, limited: bool
) -> list[SortKey]:
    equality, lists, ranges = (_columns(found, kind) for kind in ("equality", "any", "range"))
    narrowing = [SortKey(column=column) for column in (*lists, *ranges[:1])]
    sort = list(order) if limited or not narrowing else []
    first = [SortKey(column=column) for column in equality]
    return _distinct((*first, *sort, *narrowing))


def _distinct(keys: Iterable[SortKey]) -> list[SortKey]:
    by_column: dict[str, SortKey] = {}
    for key in keys:
        by_column.setdefault(key.column, key)
    return list(by_column.values())


def _columns(found: Sequence[Predicate], kind: str) -> list[str]:
    return list(dict.fromkeys(p.column for p in found if p.kind == kind))


def _order(plan: Plan, scan: Node) -> tuple[list[SortKey], bool]:
    """Return the order that a sort right above ``scan`` makes, and whether a Limit needs it."""
    keys: list[SortKey] = []
    for above in plan.ancestors(scan):
        if above.kind in _SORTS and not keys:
            keys = sort_keys(above.properties.get("Sort Key") or [], scan.text("Alias"))
        elif above.kind == "Limit":
            return keys, bool(keys)
        elif above.kind not in _ORDER_KEPT:
            break
    return keys, False


def _key(key: SortKey) -> str:
    text = quoted(key.column) + (" DESC" if key.descending else "")
    if key.nulls_first != key.descending:
        text += " NULLS FIRST" if key.nulls_first else " NULLS LAST"
    return text
