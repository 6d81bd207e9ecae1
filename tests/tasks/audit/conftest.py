"""What is common to the tests of the index audit: old statistics, and what a server lists."""

import dataclasses
from datetime import UTC, datetime

import pytest

from perfkit.probes import catalog
from perfkit.probes.catalog import StatisticsAge
from perfkit.probes.server import identify
from perfkit.probes.session import rolled_back
from perfkit.tasks.audit.drops import drops

OLD = StatisticsAge(datetime(2025, 1, 1, tzinfo=UTC), known=True, seconds=400 * 86_400)


@pytest.fixture(scope="session")
def old():
    """Statistics of 400 days."""
    return OLD


@pytest.fixture(scope="session")
def listed():
    """Return a function: the indexes of a database, each with a scan.

    Those with ``stays`` in their names have two: of twins they are the ones to stay.
    """

    def read(engine, *, scanned=True):
        with rolled_back("test", engine, timeout_s=20) as connection:
            found = catalog.indexes(connection, identify(connection))
        if not scanned:
            return found
        return [dataclasses.replace(i, scans=1 + ("stays" in i.name)) for i in found]

    return read


@pytest.fixture(scope="session")
def dropped(listed):
    """Return a function: what definitions alone say may go, as ``schema.index`` to its kind."""

    def judge(engine):
        return {f"{d.index.schema}.{d.index.name}": d.kind for d in drops(listed(engine), OLD)}

    return judge


@pytest.fixture(scope="session")
def fifteen(postgres15):
    """The URL of a PostgreSQL 15 with HypoPG, pgstattuple and pg_stat_statements."""
    return postgres15
