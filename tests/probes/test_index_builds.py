import threading
import time

import sqlalchemy as sa

from perfkit.probes.index_builds import NO_BUILDS, index_builds


def test_a_build_that_waits_is_seen_and_a_finished_one_not(plain_database):
    with plain_database.connect() as connection:
        connection.exec_driver_sql("create table b (a int); insert into b values (1)")
        assert index_builds(connection) == NO_BUILDS
    holder = sa.create_engine(plain_database.url, poolclass=sa.pool.NullPool).connect()
    holder.exec_driver_sql("update b set a = 2")  # CONCURRENTLY waits for its end

    def build():
        with plain_database.connect() as connection:
            connection.exec_driver_sql("create index concurrently slow on b (a)")

    thread = threading.Thread(target=build)
    thread.start()
    try:
        with plain_database.connect() as connection:
            for _ in range(100):
                found = index_builds(connection)
                if found.running:
                    break
                time.sleep(0.05)
            oid = connection.exec_driver_sql("select 'slow'::regclass::oid::bigint").scalar_one()
            assert found == ({oid}, 0)
    finally:
        holder.rollback()
        holder.close()
        thread.join(20)
    with plain_database.connect() as connection:
        assert index_builds(connection) == NO_BUILDS
