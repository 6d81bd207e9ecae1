"""Servers of two releases with a schema of hostile names, and statements of every kind of node."""

import contextlib

import pytest
import sqlalchemy as sa

from perfkit.lab import server

SEED = r"""
create table users (id bigint primary key, name text, boss bigint);
insert into users select i, 'user ' || i, i / 7 from generate_series(1, 3000) i;
create table orders (id bigint primary key, user_id bigint, status text, total int, note text);
insert into orders select i, 1 + i * 7919 % 2000, (array['new','paid','done'])[1 + i % 3],
    i % 5000, repeat('x', 60) from generate_series(1, 30000) i;
create index orders_user on orders (user_id); create index orders_total on orders (total);
create index "Index ""on"" (x) using" on orders (status, total);
create schema "My Schema";
create table "My Schema"."a ""b"" (c) on d" ("x y" int, "p->q" text, z int);
create table "line
end" (a int, "b
c" text);
insert into "My Schema"."a ""b"" (c) on d"
    select i, 'it''s "' || i, i from generate_series(1, 99) i;
insert into "line
end" select i, 'x' from generate_series(1, 50) i;
create table part (id int, day int, v int) partition by range (day);
create table part_1 partition of part for values from (0) to (10);
create table part_2 partition of part for values from (10) to (20);
create table part_3 partition of part for values from (20) to (30);
create index on part (id);
insert into part select i, i % 30, i from generate_series(1, 9000) i;
create table writes (id int primary key, v int, w text);
insert into writes select i, i, 'w' from generate_series(1, 100) i;
create table child (id int primary key, parent int references writes on delete cascade);
insert into child select i, i from generate_series(1, 60) i;
create function noted() returns trigger language plpgsql as 'begin return new; end';
create trigger "before Row" before update on writes for each row execute function noted();
create trigger after_row after insert or update on writes for each row execute function noted();
create function pair(n int, out a int, out b text) returns setof record language sql
    as 'select i, ''t'' || i from generate_series(1, n) i';
create table sales (region text, product text, amount int);
insert into sales select 'r' || i % 4, 'p' || i % 9, i from generate_series(1, 2000) i;
create extension file_fdw; create server files foreign data wrapper file_fdw;
create foreign table passwords (line text) server files options (filename 'PG_VERSION');
create extension postgres_fdw;
do $$ begin execute format('create server far foreign data wrapper postgres_fdw
    options (host %L, dbname %L, async_capable ''true'')',
    trim('"' from split_part(current_setting('unix_socket_directories'), ',', 1)),
    current_database()); end $$;
create user mapping for public server far options (user 'postgres');
create foreign table far_orders (id bigint, user_id bigint, total int)
    server far options (table_name 'orders');
create foreign table far_users (id bigint, name text) server far options (table_name 'users');
create table spread (id int, side text) partition by list (side);
create foreign table spread_a partition of spread for values in ('a')
    server far options (table_name 'spread_b');
create table spread_b partition of spread for values in ('b');
"""
DATABASE = "perfkit_reading"


def _seeded(url):
    where = sa.make_url(url)
    admin = sa.create_engine(
        where.set(database="postgres"), isolation_level="AUTOCOMMIT", poolclass=sa.pool.NullPool
    )
    with admin.connect() as connection:
        connection.exec_driver_sql(f"drop database if exists {DATABASE} with (force)")
        connection.exec_driver_sql(f"create database {DATABASE}")
    engine = sa.create_engine(where.set(database=DATABASE), poolclass=sa.pool.NullPool)
    with engine.connect() as connection:
        for statement in SEED.replace("%", "%%").split(";\n"):
            connection.exec_driver_sql(statement)
        connection.commit()
        connection.execution_options(isolation_level="AUTOCOMMIT")
        connection.exec_driver_sql("vacuum analyze")
    return engine


@pytest.fixture(scope="session", params=["embedded", "debian"])
def reading_engine(request):
    """An engine for the seeded database, on each of the servers."""
    with contextlib.ExitStack() as stack:
        if request.param == "embedded":
            url = stack.enter_context(server.start()).url("postgres")
        else:
            url = request.getfixturevalue("postgres15")
        engine = _seeded(url)
        yield engine
        engine.dispose()


@pytest.fixture(scope="session")
def explained(reading_engine):
    """Return ``explain(statement, options, settings)`` -> (text, JSON document), rolled back.

    Both are of an execution of their own, after one that filled the caches.
    """

    def explain(statement, options, settings=()):
        with reading_engine.connect() as connection:

            def run(prefix):
                found = connection.exec_driver_sql(
                    f"explain ({prefix}) {statement}",
                    execution_options={"no_parameters": True},
                )
                return found.scalars().all()

            for setting in filter(None, settings):
                connection.exec_driver_sql(f"set local {setting}")
            read = []
            for form in ("json", "text", "json"):
                point = connection.begin_nested()
                read.append(run(f"{options}, format {form}"))
                point.rollback()
            connection.rollback()
        return "\n".join(read[1]), read[2][0]

    return explain
