"""Everything that one audit reads of a server, in one READ ONLY transaction."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from perfkit.probes import catalog
from perfkit.probes.foreign_keys import foreign_keys
from perfkit.probes.index_builds import NO_BUILDS, Builds, index_builds
from perfkit.probes.locked_tables import locked_tables
from perfkit.probes.server import identify
from perfkit.probes.session import as_engine, rolled_back
from perfkit.probes.table_facts import table_facts
from perfkit.probes.table_states import table_states
from perfkit.tasks.audit import bloat
from perfkit.tasks.audit.missing import wishes
from perfkit.tasks.audit.workload import load

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy import Connection, Engine

    from perfkit.probes.catalog import Index, StatisticsAge
    from perfkit.probes.foreign_keys import ForeignKey
    from perfkit.probes.server import Server
    from perfkit.probes.table_states import TableState
    from perfkit.recording import Recording
    from perfkit.tasks.audit.advice import Advice
    from perfkit.tasks.audit.missing import Wishes
    from perfkit.tasks.audit.workload import Load

__all__ = ["Survey", "survey"]

_NAMED = 3  # tables in a sentence
_STANDBYS = "select count(*) from pg_catalog.pg_stat_replication"


@dataclass(frozen=True, kw_only=True)
class Survey:
    """Indexes and tables as they are, the workload and what it asks for."""

    indexes: Sequence[Index]
    states: Mapping[tuple[str, str], TableState]
    age: StatisticsAge
    load: Load
    wishes: Wishes
    foreign_keys: Sequence[ForeignKey]
    rebuilds: Sequence[Advice]
    blind_spots: Sequence[str]
    standbys: int
    builds: Builds = NO_BUILDS

    @property
    def count(self) -> int:
        """How many there are, those of partitions not counted beside their whole."""
        return sum(index.part_of is None for index in self.indexes)

    @property
    def by_table(self) -> dict[object, list[Index]]:
        """The indexes by (schema, table)."""
        found: dict[object, list[Index]] = defaultdict(list)
        for index in self.indexes:
            found[index.schema, index.table].append(index)
        return found


def survey(
    connection: Connection,
    server: Server,
    *,
    rec: Recording | None,
    limit: int,
    replicas: Iterable[Engine | str] = (),
) -> Survey:
    """Read catalogue, statistics and workload; scans are those of all ``replicas`` together."""
    asked = load(connection, rec, limit=limit)
    rebuilds, blind_spots = bloat.bloated(connection, server, least_bytes=bloat.LEAST_BYTES)
    indexes, age = with_replicas(
        catalog.indexes(connection, server), catalog.statistics_age(connection), replicas
    )
    return Survey(
        indexes=indexes,
        states=table_states(connection, server),
        age=age,
        load=asked,
        wishes=wishes(connection, server, asked.statements),
        foreign_keys=_foreign_keys(connection, server),
        rebuilds=rebuilds,
        blind_spots=[*blind_spots, *_locked(connection)],
        standbys=int(connection.exec_driver_sql(_STANDBYS).scalar_one()),
        builds=index_builds(connection),
    )


def _locked(connection: Connection) -> list[str]:
    """Return a sentence about the tables that could not be looked at."""
    names = [f"{schema}.{name}" for schema, name in locked_tables(connection)]
    if not names:
        return []
    named = ", ".join(names[:_NAMED]) + (" and others" if len(names) > _NAMED else "")
    return [f"Not looked at, because another session has locked them: {named}."]


def _foreign_keys(connection: Connection, server: Server) -> list[ForeignKey]:
    """Return them with the partitions of their tables: each needs an index of its own."""
    found = foreign_keys(connection)
    places = {(key.schema, key.table) for key in found if key.partitioned}
    if not places:
        return found
    known = table_facts(connection, server, places).tables
    return [
        replace(key, partitions=known[key.schema, key.table].partitions)
        if (key.schema, key.table) in known
        else key
        for key in found
    ]


def with_replicas(
    indexes: Sequence[Index], age: StatisticsAge, replicas: Iterable[Engine | str]
) -> tuple[list[Index], StatisticsAge]:
    """Add up the scans of all servers; the youngest statistics say how far back they reach."""
    replicas = list(replicas)
    if not replicas:
        return list(indexes), age
    servers = 1
    seen: dict[tuple[str, str], list[Index]] = defaultdict(list)
    for target in replicas:
        with (
            as_engine("index_audit", target) as ready,
            rolled_back("index_audit", ready, timeout_s=60.0) as connection,
        ):
            for index in catalog.indexes(connection, identify(connection)):
                seen[index.schema, index.name].append(index)
            age = max(age, catalog.statistics_age(connection), key=lambda each: each.since)
        servers += 1
    where = f"on any of {servers} servers"
    added = [_added(index, seen[index.schema, index.name], servers - 1) for index in indexes]
    return added, age._replace(where=where)


def _added(index: Index, others: Sequence[Index], expected: int) -> Index:
    """Return the index with all scans; what one server hides, or does not have, is not known."""
    counts = [each.scans for each in (index, *others)]
    if len(others) < expected or None in counts:
        return replace(index, scans=None, last_scan=None)
    last = [each.last_scan for each in (index, *others) if each.last_scan is not None]
    dated = all(each.last_scan is not None for each in (index, *others) if each.scans)
    return replace(
        index,
        scans=sum(count or 0 for count in counts),
        last_scan=max(last) if last and dated else None,
    )
