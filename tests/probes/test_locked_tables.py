import threading
import time

import pytest
import sqlalchemy as sa

from perfkit.probes.locked_tables import locked_tables
from perfkit.probes.session import rolled_back
from perfkit.tasks.index_audit import index_audit

SEED = """
create table held (id int primary key, a int); create index held_a on held (a);
create index held_b on held (a); create table free (a int); create index free_a on free (a);
create index free_b on free (a);
"""


@pytest.fixture
def engine(plain_database):
    with plain_database.connect() as connection:
        connection.exec_driver_sql(SEED)
    return plain_database


def locked(engine):
    with rolled_back("test", engine, timeout_s=10) as connection:
        return locked_tables(connection)


def test_a_table_that_is_being_altered_is_left_out_said_and_not_waited_for(engine):
    assert locked(engine) == []
    other = sa.create_engine(engine.url, poolclass=sa.pool.NullPool)
    with other.begin() as holding:
        holding.exec_driver_sql("alter table held add column b int")
        assert locked(engine) == [("public", "held")]
        result = index_audit(engine)
        assert set(result.table["index"]) == {"free_b"}
        assert any("locked them: public.held" in note for note in result.caveats)
    assert set(index_audit(engine).table["index"]) >= {"free_b", "held_b"}


def test_who_waits_for_a_lock_blocks_those_behind_as_well(engine):
    other = sa.create_engine(engine.url, poolclass=sa.pool.NullPool)

    def alter():
        with other.begin() as waiting:
            waiting.exec_driver_sql("alter table held add column b int")

    with other.begin() as reading:
        reading.exec_driver_sql("select * from held")
        thread = threading.Thread(target=alter)
        thread.start()
        for _ in range(100):
            if locked(engine):
                break
            time.sleep(0.05)
        assert locked(engine) == [("public", "held")]
        assert set(index_audit(engine).table["index"]) == {"free_b"}
    thread.join(10)
