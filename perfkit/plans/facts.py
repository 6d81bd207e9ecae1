"""What a server knows about the tables of a plan: sizes, statistics, indexes. Plain data.

Offline nothing is known: an empty :class:`Facts`. What is unknown is None, never 0.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from perfkit.plans.model import Node

__all__ = ["ColumnFacts", "Facts", "IndexFacts", "Partition", "TableFacts"]


@dataclass(frozen=True, kw_only=True)
class ColumnFacts:
    """A column as pg_stats has it; ``distinct`` < 0 is a share of the rows, values are texts.

    ``elements`` are the most common elements of an array or tsvector with their
    ``element_shares``. ``by_bytes`` says whether its collation sorts by bytes (C, POSIX), so
    that an ordinary b-tree serves ``LIKE 'x%'``; None where it has no collation. ``collation``
    is its name where the column has one of its own, "" for that of the type.
    """

    name: str
    type: str
    not_null: bool = False
    distinct: float | None = None
    null_share: float | None = None
    width_bytes: float | None = None
    correlation: float | None = None
    common: tuple[str, ...] = ()
    shares: tuple[float, ...] = ()
    bounds: tuple[str, ...] = ()
    elements: tuple[str, ...] = ()
    element_shares: tuple[float, ...] = ()
    by_bytes: bool | None = None
    collation: str = ""


@dataclass(frozen=True, kw_only=True)
class IndexFacts:
    """An index; ``keys`` are columns or expressions as the server prints them (quoted names).

    ``descending``, ``nulls_first``, ``classes`` (operator classes, "" for the default) and
    ``collations`` ("" for the column's own) have one entry per key.
    """

    name: str
    method: str
    keys: tuple[str, ...]
    descending: tuple[bool, ...] = ()
    nulls_first: tuple[bool, ...] = ()
    classes: tuple[str, ...] = ()
    collations: tuple[str, ...] = ()
    included: tuple[str, ...] = ()
    predicate: str | None = None
    unique: bool = False
    constrained: bool = False
    replica_identity: bool = False
    valid: bool = True
    size_bytes: int | None = None
    definition: str = ""


class Partition(NamedTuple):
    """A partition; ``parts`` are its own if it is partitioned again."""

    schema: str
    name: str
    parts: tuple[Partition, ...] = ()


@dataclass(frozen=True, kw_only=True)
class TableFacts:
    """A table: ``rows`` and ``pages`` as the planner believes, counters since the last reset.

    ``visible_share`` is the share of pages marked all-visible; ``modified`` the rows changed
    since the last ANALYZE, ``analyzed`` when that was (by hand or by autovacuum). A partitioned
    table has the sums of its partitions; a partition names its ``parent``. ``foreign_keys``
    are the columns of each foreign key that the table has.
    """

    schema: str
    name: str
    rows: float | None = None
    pages: int | None = None
    visible_share: float | None = None
    columns: Mapping[str, ColumnFacts] = field(default_factory=dict)
    indexes: tuple[IndexFacts, ...] = ()
    inserts: int | None = None
    updates: int | None = None
    hot_updates: int | None = None
    deletes: int | None = None
    sequential_scans: int | None = None
    index_scans: int | None = None
    modified: int | None = None
    analyzed: datetime | None = None
    fillfactor: int | None = None
    partitioned: bool = False
    partitions: tuple[Partition, ...] = ()
    parent: tuple[str, str] | None = None
    foreign_keys: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Facts:
    """Everything known about the tables of one plan, by schema and name."""

    tables: Mapping[tuple[str, str], TableFacts] = field(default_factory=dict)
    extensions: frozenset[str] = frozenset()
    immutable: frozenset[str] = frozenset()  # names of functions that every overload of is

    @cached_property
    def names(self) -> frozenset[str]:
        """The names of tables and indexes that are known to exist."""
        indexes = {index.name for table in self.tables.values() for index in table.indexes}
        return frozenset(indexes | {name for _, name in self.tables})

    def of(self, node: Node) -> TableFacts | None:
        """Return what is known about the table that ``node`` scans."""
        return self.tables.get((node.text("Schema") or "", node.relation or ""))

    def whole(self, table: TableFacts) -> TableFacts:
        """Return the partitioned table that ``table`` is a part of, or itself."""
        while table.parent is not None and table.parent in self.tables:
            table = self.tables[table.parent]
        return table
