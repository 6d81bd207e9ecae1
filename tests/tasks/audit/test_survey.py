from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from perfkit.probes import catalog
from perfkit.probes.server import identify
from perfkit.probes.session import rolled_back
from perfkit.tasks.audit.survey import survey, with_replicas

MOMENT = datetime(2026, 3, 1, tzinfo=UTC)


def surveyed(engine):
    with rolled_back("test", engine, timeout_s=20) as connection:
        return survey(connection, identify(connection), rec=None, limit=5)


PARTS = (
    "create table part (id int) partition by range (id);"
    "create table part_1 partition of part for values from (0) to (9);"
    "create index on part (id); create index own on part_1 (id);"
)


def test_parts_are_read_and_not_counted_beside_their_whole(audited):
    found = surveyed(audited(PARTS))
    names = {index.name for index in found.indexes}
    assert {"part_id_idx", "part_1_id_idx", "own"} <= names
    assert found.count == len(names) - 1
    assert {i.name for i in found.by_table["public", "part_1"]} == {"part_1_id_idx", "own"}
    assert found.builds.running == frozenset()


@pytest.fixture
def one(audited):
    engine = audited("create index by_note on orders (note);")
    with rolled_back("test", engine, timeout_s=20) as connection:
        found = catalog.indexes(connection, identify(connection))
        age = catalog.statistics_age(connection)
    return engine, [replace(i, scans=5, last_scan=MOMENT) for i in found], age


def test_without_replicas_nothing_changes(one):
    _, indexes, age = one
    assert with_replicas(indexes, age, []) == (indexes, age)


def test_scans_add_up_and_the_youngest_statistics_count(one):
    engine, indexes, age = one
    older = age._replace(since=age.since - timedelta(days=300), seconds=age.seconds + 300 * 86_400)
    added, together = with_replicas(indexes, older, [engine])
    assert {index.scans for index in added if index.name == "by_note"} == {5}
    assert {index.last_scan for index in added if index.name == "by_note"} == {MOMENT}
    assert together.since == age.since
    assert together.where == "on any of 2 servers"


def test_what_one_server_hides_or_lacks_is_not_known(one):
    engine, indexes, age = one
    hidden = [replace(index, scans=None) for index in indexes]
    assert {index.scans for index in with_replicas(hidden, age, [engine])[0]} == {None}
    (stranger,) = with_replicas([replace(indexes[0], name="elsewhere")], age, [engine])[0]
    assert stranger.scans is None
    assert stranger.last_scan is None
