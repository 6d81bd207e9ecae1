"""Tables that are written to and rolled back, and a pool of one connection."""

import pytest
import sqlalchemy as sa

SEED = """
create schema keep;
create table keep.t (id int primary key, a int, note text default 'n', drawn serial);
insert into keep.t (id, a) select i, i from generate_series(1, 300) i;
create table keep.child (t_id int references keep.t on delete cascade, n int,
                         constraint later check (n > 0));
insert into keep.child select i, 1 from generate_series(1, 300, 3) i;
create index on keep.child (t_id);
create table keep.lazy (t_id int references keep.t deferrable initially deferred);
create table keep.parts (id int, a int) partition by range (id);
create table keep.parts_1 partition of keep.parts for values from (0) to (100);
create table keep.parts_2 partition of keep.parts for values from (100) to (1000);
insert into keep.parts select i, i from generate_series(1, 200) i;
create function keep.stamps() returns trigger language plpgsql as
$$ begin new.note := 'stamped'; return new; end $$;
create trigger stamping before update on keep.t for each row execute function keep.stamps();
create function keep.fails(code text) returns int language plpgsql as
$$ begin raise exception 'it went wrong' using errcode = code; end $$;
create sequence keep.free;
"""
_CONTENTS = """
select (select md5(string_agg(concat(t.*, t.xmin, t.ctid), ',' order by id)) from keep.t),
       (select md5(string_agg(concat(c.*, c.xmin), ',' order by t_id)) from keep.child c),
       (select md5(string_agg(concat(p.*, p.xmin), ',' order by id)) from keep.parts p),
       (select count(*) from keep.lazy), (select count(*) from pg_class),
       (select count(*) from pg_prepared_xacts),
       (select count(*) from pg_locks where locktype in ('advisory', 'tuple'))
"""
_STATE = """
select current_setting('statement_timeout'), current_setting('lock_timeout'),
       current_setting('idle_in_transaction_session_timeout'),
       current_setting('transaction_read_only'), current_setting('search_path'),
       (select count(*) from pg_prepared_statements), (select count(*) from pg_cursors)
"""


@pytest.fixture(scope="package")
def keep(shop_engine):
    with shop_engine.connect() as connection:
        connection.exec_driver_sql(SEED)
        connection.exec_driver_sql("vacuum analyze keep.t, keep.child, keep.parts")
    yield shop_engine
    with shop_engine.connect() as connection:
        connection.exec_driver_sql("drop schema keep cascade")


@pytest.fixture
def kept(keep):
    """Return a function that fingerprints the tables with the transactions that wrote them."""

    def fingerprint():
        with keep.connect() as connection:
            return tuple(connection.exec_driver_sql(_CONTENTS).one())

    return fingerprint


@pytest.fixture
def pool(keep):
    """An engine with one connection: what is left behind shows in the next use."""
    engine = sa.create_engine(keep.url, pool_size=1, max_overflow=0, pool_timeout=5)
    yield engine
    engine.dispose()


@pytest.fixture
def state(pool):
    """Return a function that tells how the pool's connection is."""

    def look():
        assert pool.pool.checkedout() == 0
        with pool.connect() as connection:
            driver = connection.connection.driver_connection
            idle = driver.info.transaction_status.name
            own = (driver.prepare_threshold, driver.cursor_factory, driver.autocommit)
            return idle, own, tuple(connection.exec_driver_sql(_STATE).one())

    return look


#: Enough rows that a scan takes longer than what is called nothing to fix.
LARGE = """
create table orders (id bigint primary key, user_id bigint not null, status text not null,
                     total int, created_at timestamptz not null, note text);
insert into orders
select i, 1 + (i * 7919::bigint) %% 2000,
       case when i %% 20 = 3 then 'lost'
            else (array['pending','paid','shipped','done','done'])[1 + (i / 7) %% 5] end,
       i, timestamptz '2025-01-01' + i * interval '1 min', repeat('x', 100) || i
from generate_series(1, 120000) i;
"""


def _filled(engine, more=""):
    with engine.connect() as connection:
        connection.exec_driver_sql(LARGE + more)
        connection.exec_driver_sql("vacuum analyze orders")


@pytest.fixture(scope="package")
def shop(lab_server):
    """A database of the lab with a large table that has no index to search by."""
    admin = sa.create_engine(
        lab_server.url("postgres"), isolation_level="AUTOCOMMIT", poolclass=sa.pool.NullPool
    )
    with admin.connect() as connection:
        connection.exec_driver_sql("drop database if exists perfkit_large with (force)")
        connection.exec_driver_sql("create database perfkit_large")
    engine = sa.create_engine(lab_server.url("perfkit_large"), isolation_level="AUTOCOMMIT")
    try:
        _filled(engine)
        yield engine
    finally:
        engine.dispose()
        with admin.connect() as connection:
            connection.exec_driver_sql("drop database perfkit_large with (force)")


@pytest.fixture(scope="package")
def fifteen(postgres15):
    """The same on a server of release 15 with HypoPG that is not the lab."""
    engine = sa.create_engine(postgres15, isolation_level="AUTOCOMMIT")
    try:
        _filled(engine, "create extension hypopg;")
        yield engine
    finally:
        with engine.connect() as connection:
            connection.exec_driver_sql("drop table orders; drop extension hypopg")
        engine.dispose()
