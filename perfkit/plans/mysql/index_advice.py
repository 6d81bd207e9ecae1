"""The index that a scan asks for, as MariaDB and MySQL build it, said to be not proven."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfkit.plans.mysql.predicates import Predicate, predicates, sort_columns
from perfkit.plans.mysql.sql import quoted
from perfkit.results import Fix

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfkit.plans.model import Node, Plan

__all__ = ["Index", "fix", "index_for", "joined_index"]

#: More key columns than this hardly ever narrow a scan further, and cost on every write.
_MOST = 4
_NAME = 64  # NAME_LEN of both servers, in characters


@dataclass(frozen=True, kw_only=True)
class Index:
    """An index worth trying: nothing proves yet that the planner would use it."""

    schema: str | None
    table: str
    alias: str
    keys: tuple[tuple[str, bool], ...]
    found: tuple[Predicate, ...]

    @property
    def key_list(self) -> str:
        """The keys as SQL."""
        return ", ".join(quoted(name) + (" DESC" if desc else "") for name, desc in self.keys)

    @property
    def name(self) -> str:
        """``idx_table_columns``, at most 64 characters."""
        name = "_".join(("idx", self.table, *(column for column, _ in self.keys)))
        if len(name) <= _NAME:
            return name
        return f"{name[: _NAME - 9]}_{hashlib.blake2b(name.encode(), digest_size=4).hexdigest()}"

    @property
    def qualified(self) -> str:
        """The table with its database where that is known."""
        return ".".join(quoted(part) for part in (self.schema, self.table) if part)

    @property
    def sql(self) -> str:
        """The statement that builds it without blocking writes; it fails where that cannot be."""
        return (
            f"ALTER TABLE {self.qualified} ADD INDEX {quoted(self.name)} ({self.key_list}), "
            "ALGORITHM=INPLACE, LOCK=NONE;"
        )

    @property
    def test(self) -> str:
        """A statement that counts what the conditions keep, "" if they hold no literals."""
        conditions = " AND ".join(part.text for part in self.found if part.literal)
        if not conditions:
            return ""
        alias = "" if self.alias == self.table else f" {quoted(self.alias)}"
        counted = f"COUNT(*) AS all_rows, COUNT(CASE WHEN {conditions} THEN 1 END) AS kept"
        return f"SELECT {counted} FROM {self.qualified}{alias};"  # noqa: S608 - shown, never sent


def index_for(
    plan: Plan, scan: Node, condition: str | None, *, first: Sequence[str] = ()
) -> Index | None:
    """Return the index for ``condition``: equality, then a sort's columns, then one range.

    Args:
        plan: the plan, for the sort above.
        scan: the node that reads the table.
        condition: what it or the filter above it checks.
        first: columns of the index in use, which stay in front.
    """
    alias = scan.text("Alias")
    found = predicates(condition, alias)
    equality = _columns(found, "equality")
    order = _order(plan, scan)
    narrowing = [*_columns(found, "any"), *_columns(found, "range")[:1]]
    keys = [(column, False) for column in (*first, *equality)]
    if order and not _columns(found, "any"):
        keys += order
    keys += [(column, False) for column in narrowing]
    return _made(scan, keys, found) if found or order else None


def joined_index(scan: Node, condition: str | None) -> Index | None:
    """Return the index on the columns by which ``scan`` is joined."""
    found = predicates(condition, scan.text("Alias"))
    keys = [(column, False) for column in _columns(found, "equality")]
    return _made(scan, keys, found) if keys else None


def fix(index: Index | None) -> Fix:
    """Return how to build ``index``; without one, what to look at."""
    if index is None:
        return Fix(
            text="No plain column is compared with a value, so no ordinary index fits: look at the "
            "condition (an index on a generated column, FULLTEXT for words, OR split into UNION)."
        )
    text = (
        f"Not proven: an index on ({index.key_list}) fits the condition. Build it, compare the "
        f"plans, and undo it with ALTER TABLE {index.qualified} DROP INDEX {quoted(index.name)}. "
        "A TEXT or BLOB column needs the length of a prefix behind it."
    )
    if index.schema is None:
        text += f" The plan names the table by its alias: {index.table} may be called otherwise."
    return Fix(text=text, snippet=index.sql, language="sql", test=index.test)


def _made(scan: Node, keys: Sequence[tuple[str, bool]], found: Sequence[Predicate]) -> Index | None:
    table = scan.relation
    if not table or table.startswith("<"):  # a temporary table
        return None
    distinct: dict[str, bool] = {}
    for column, descending in keys:
        distinct.setdefault(column, descending)
    if not distinct:
        return None
    return Index(
        schema=scan.text("Schema"),
        table=table,
        alias=scan.text("Alias") or table,
        keys=tuple(distinct.items())[:_MOST],
        found=tuple(found),
    )


def _columns(found: Sequence[Predicate], kind: str) -> list[str]:
    return list(dict.fromkeys(part.column for part in found if part.kind == kind))


def _order(plan: Plan, scan: Node) -> list[tuple[str, bool]]:
    """Return the order that a sort right above ``scan`` makes; all directions may be flipped."""
    for above in plan.ancestors(scan):
        if above.kind == "Sort":
            keys = sort_columns(above.properties.get("Sort Key") or [], scan.text("Alias"))
            return [(key, False) for key, _ in keys] if all(desc for _, desc in keys) else keys
        if above.kind not in {"Filter", "Query Block", "Limit", "Stream"}:
            break
    return []
