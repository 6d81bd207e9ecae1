from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from perfkit.probes.table_states import TableState
from perfkit.tasks.audit import table_health

SINCE = datetime(2026, 1, 1, tzinfo=UTC)


def state(**more):
    return TableState(**{"schema": "public", "name": "orders", "rows": 100_000.0, **more})


def indexes(count):
    found = [
        SimpleNamespace(name=f"i{n}", columns=f"c{n}", scans=n, size_bytes=1 << 20)
        for n in range(count)
    ]
    return {("public", "orders"): found}


@pytest.mark.parametrize(
    ("table", "found"),
    [
        (state(modified=10_001, analyzed=SINCE), True),
        (state(modified=10_000, analyzed=SINCE), False),  # 10 % is what autovacuum allows
        (state(rows=500.0, modified=999, analyzed=SINCE), False),
        (state(rows=None, modified=5000), True),
        (state(rows=None, modified=900), False),
        (state(modified=None), False),
    ],
)
def test_statistics_are_old_when_more_changed_than_autovacuum_lets_pass(table, found):
    advices = table_health.stale_statistics([table])
    assert [a.kind for a in advices] == ["stale-statistics"] * found
    assert all(a.do == "ANALYZE public.orders;" for a in advices)


@pytest.mark.parametrize(
    ("updates", "hot", "count", "found"),
    [
        (20_000, 1000, 3, True),
        (20_000, 10_000, 3, False),
        (9999, 0, 3, False),
        (20_000, 0, 1, False),  # one index: hardly anything to win
        (20_000, None, 3, False),
        (None, None, 3, False),
    ],
)
def test_lost_hot_updates_count_where_many_indexes_pay_for_them(updates, hot, count, found):
    table = state(updates=updates, hot_updates=hot)
    advices = table_health.hot_loss([table], indexes(count))
    assert bool(advices) == found


def test_pages_without_room_are_told_from_indexed_columns():
    crowded = state(updates=20_000, hot_updates=100, new_page_updates=19_000)
    covered = state(updates=20_000, hot_updates=100, new_page_updates=10)
    (one,) = table_health.hot_loss([crowded], indexes(2))
    (other,) = table_health.hot_loss([covered], indexes(2))
    assert "no room" in one.fix
    assert "fillfactor = 90" in one.do
    assert one.confidence == "medium"
    assert "indexed column" in other.fix
    assert other.confidence == "low"


@pytest.mark.parametrize(
    ("count", "reads", "inserts", "found"),
    [(11, 10, 5000, 1), (10, 10, 5000, 0), (11, 6000, 5000, 0), (11, 10, 0, 0)],
)
def test_many_indexes_matter_where_writes_outweigh_reads(count, reads, inserts, found):
    table = state(sequential_scans=reads, inserts=inserts)
    advices = table_health.many_indexes([table], indexes(count))
    assert len(advices) == found
    assert all(len(a.evidence) == 5 and a.evidence[0]["index"] == "i0" for a in advices)


READ_WHOLE = {"sequential_scans": 100, "sequential_rows": 10_000_000, "index_scans": 50}


@pytest.mark.parametrize(
    ("more", "found"),
    [
        ({}, True),
        ({"rows": 9999.0, "sequential_rows": 999_900}, False),
        ({"sequential_scans": 49}, False),
        ({"index_scans": 3000}, False),
        ({"index_rows": 2_000_000}, False),
        ({"sequential_rows": 1000}, False),  # stopped early by a LIMIT
    ],
)
def test_tables_read_from_end_to_end_are_named(more, found):
    table = state(**{**READ_WHOLE, **more})
    assert bool(table_health.sequential_reads([table])) == found
    assert table_health.sequential_reads([table], answered={table_place(table)}) == []


def table_place(table):
    return table.schema, table.name


def test_hostile_names_are_quoted_in_what_is_to_be_pasted():
    (advice,) = table_health.stale_statistics([state(name='o"; drop', modified=90_000)])
    assert advice.do == 'ANALYZE public."o""; drop";'


LOADED = {
    "rows": 99_000.0, "inserts": 100_000, "updates": 0, "deletes": 0, "modified": 100_000,
    "analyzed": datetime(2025, 6, 1, tzinfo=UTC), "grown": False,
}  # fmt: skip


@pytest.mark.parametrize(
    ("more", "old"),
    [
        ({}, False),  # loaded and analysed by one session: its rows are counted afterwards
        ({"updates": 50_000, "modified": 150_000}, False),
        ({"grown": True}, True),
        ({"analyzed": None}, True),
        ({"inserts": 20_000, "modified": 20_000}, True),  # of a table that was there before
        ({"updates": 50_000, "modified": 50_000}, True),
    ],
)
def test_what_analyze_saw_is_not_held_against_it_when_it_is_counted_late(more, old):
    assert len(table_health.stale_statistics([state(**(LOADED | more))])) == old


@pytest.mark.parametrize(("filled", "undo"), [(False, "RESET (fillfactor)"), (True, "= 100)")])
def test_a_setting_that_was_not_there_is_taken_away_again(filled, undo):
    crowded = state(updates=20_000, hot_updates=10, new_page_updates=19_000, filled=filled)
    (advice,) = table_health.hot_loss([crowded], indexes(3))
    assert undo in advice.undo
