import sqlalchemy as sa

from perfkit.probes.server import identify
from perfkit.probes.session import rolled_back
from perfkit.probes.table_states import TableState, table_states


def test_the_counters_are_those_of_the_server(plain_database):
    with plain_database.connect() as connection:
        for sql in (
            "create table counted (id int primary key, v int) with (fillfactor = 70)",
            "insert into counted select i, i from generate_series(1, 5000) i",
            "update counted set v = v + 1 where id <= 100",
            "delete from counted where id > 4900",
            "analyze counted",
            "select count(*) from counted",
            "select pg_stat_force_next_flush()",
        ):
            connection.execute(sa.text(sql))
    with rolled_back("test", plain_database, timeout_s=10) as connection:
        state = table_states(connection, identify(connection))["public", "counted"]
    assert (state.rows, state.fillfactor, state.partition) == (4900, 70, False)
    assert (state.inserts, state.updates, state.deletes) == (5000, 100, 100)
    assert state.writes == 5200
    assert state.sequential_scans >= 1
    assert state.analyzed is not None
    assert state.size_bytes > 5000 * 32


def test_what_a_role_may_not_see_is_unknown_and_said_to_be():
    state = TableState(schema="public", name="t")
    assert (state.reads, state.writes) == (None, None)
    assert state.ratio == "reads and writes are not known"


def test_the_ratio_names_both_sides():
    state = TableState(
        schema="public", name="t", inserts=1000, updates=None, deletes=5, sequential_scans=2
    )
    assert state.ratio == "2 scans, 1,005 rows written"
