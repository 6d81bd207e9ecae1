"""Debian's PostgreSQL 15 with HypoPG beside the embedded server, and what must be left behind."""

import contextlib

import pytest
import sqlalchemy as sa

from perfkit.plans.candidates import Candidate
from perfkit.plans.conditions import SortKey

SEARCH = (
    "SELECT * FROM orders WHERE user_id = 42 AND status = 'pending' "
    "ORDER BY created_at DESC LIMIT 20"
)
SEED = """
create table users (id bigint primary key, email text not null unique, name text);
insert into users select i, 'user' || i || '@shop.example', 'User ' || i
from generate_series(1, 2000) i;
create table orders (
    id bigint generated always as identity primary key,
    user_id bigint not null references users, status text not null, total int,
    price numeric not null, created_at timestamptz not null, note text,
    double_total int generated always as (total * 2) stored);
insert into orders (user_id, status, total, price, created_at, note)
select 1 + (i * 7919::bigint) % 2000,
       (array['pending','paid','shipped','done','done'])[1 + (i / 7) % 5],
       i, (i % 1000)::numeric / 7, timestamptz '2025-01-01' + i * interval '1 min',
       repeat('x', 100) || i
from generate_series(1, 40000) i;
create role "p6 reader" login;
create role "p6 writer" login;
grant select on all tables in schema public to "p6 reader", "p6 writer";
revoke temporary on database {database} from public;
grant create on database {database} to "p6 writer";
"""
_LEFT = """
select (select md5(string_agg(concat(oid, relname, relnamespace, relkind, reloptions), ','
                              order by oid)) from pg_class),
       (select md5(string_agg(i::text, ',' order by indexrelid)) from pg_index i),
       (select string_agg(nspname, ',' order by nspname) from pg_namespace
        where nspname !~ '^pg_(toast_)?temp'),
       (select string_agg(extname, ',' order by extname) from pg_extension),
       (select count(*) from pg_attribute), (select count(*) from pg_constraint),
       (select count(*) from pg_statistic_ext), (select count(*) from pg_proc),
       (select md5(string_agg(o::text, ',' order by id)) from orders o),
       (select last_value from orders_id_seq),
       (select count(*) from pg_locks where locktype = 'advisory'),
       (select count(*) from pg_stat_activity where datname = current_database()
        and state like 'idle in transaction%%')
"""
_SESSION = """
select (select count(*) from pg_prepared_statements), current_setting('search_path'),
       (select count(*) from pg_settings where source = 'session' and name not in
        ('client_encoding', 'DateStyle', 'standard_conforming_strings', 'TimeZone')
        and name not like 'transaction%%'),
       current_setting('transaction_read_only')
"""


def index(*columns, table="orders", schema="public", **more):
    """A candidate: ``"created_at DESC"`` is a descending key, ``"(a + b)"`` an expression."""
    keys = []
    for column in columns:
        name = column.removesuffix(" DESC")
        down = name != column
        expression = name.startswith("(")
        keys.append(
            SortKey(
                column=name[1:-1] if expression else name,
                descending=down, nulls_first=down, expression=expression,
            )
        )  # fmt: skip
    return Candidate(schema=schema, table=table, keys=tuple(keys), **more)


@pytest.fixture(scope="session")
def index_on():
    return index


@pytest.fixture(scope="session")
def search():
    return SEARCH


def left(engine):
    """Everything a proof could leave behind, in the catalogue and in the pooled session."""
    with engine.connect() as connection:
        found = [tuple(connection.exec_driver_sql(sql).one()) for sql in (_LEFT, _SESSION)]
        schema = connection.exec_driver_sql(
            "select n.nspname from pg_extension e join pg_namespace n on n.oid = extnamespace "
            "where extname = 'hypopg'"
        ).scalar()
        if schema:
            quoted = '"' + schema.replace('"', '""') + '"'
            hypothetical = f"select count(*) from {quoted}.hypopg()"
            options = {"no_parameters": True}
            found.append(connection.exec_driver_sql(hypothetical, execution_options=options).one())
        connection.rollback()
    return found


@pytest.fixture
def nothing_left():
    """Return a context that fails if its block leaves anything behind."""

    @contextlib.contextmanager
    def watch(*engines):
        before = [left(engine) for engine in engines]
        yield
        assert [left(engine) for engine in engines] == before

    return watch


def seeded(url, database, extra=""):
    """Make the database anew and return its engine, with one pooled connection."""
    admin = sa.create_engine(
        url.set(database="postgres"), isolation_level="AUTOCOMMIT", poolclass=sa.pool.NullPool
    )
    with admin.connect() as connection:
        connection.exec_driver_sql(f"drop database if exists {database} with (force)")
        for role in ("p6 reader", "p6 writer"):
            connection.exec_driver_sql(f'drop role if exists "{role}"')
        connection.exec_driver_sql(f"create database {database}")
    engine = sa.create_engine(
        url.set(database=database), isolation_level="AUTOCOMMIT", poolclass=sa.pool.NullPool
    )
    with engine.connect() as connection:
        text = (SEED + extra).replace("{database}", database).replace("%", "%%")
        connection.exec_driver_sql(text)
        connection.exec_driver_sql("vacuum analyze")
    return sa.create_engine(url.set(database=database), pool_size=1, max_overflow=0)


@pytest.fixture(scope="session")
def lab_engine(lab_server):
    """The embedded server: perfkit's own, where everything is allowed; without HypoPG."""
    engine = seeded(sa.make_url(lab_server.url("postgres")), "perfkit_proofs")
    yield engine
    engine.dispose()
    admin = sa.create_engine(
        lab_server.url("postgres"), isolation_level="AUTOCOMMIT", poolclass=sa.pool.NullPool
    )
    with admin.connect() as connection:
        connection.exec_driver_sql("drop database perfkit_proofs with (force)")
        connection.exec_driver_sql('drop role "p6 reader", "p6 writer"')


@pytest.fixture(scope="session")
def engine15(postgres15):
    """A database with HypoPG in a schema with a hostile name."""
    extra = 'create schema "Hypo:x %s"; create extension hypopg schema "Hypo:x %s";'
    extra += 'grant usage on schema "Hypo:x %s" to public;'
    engine = seeded(postgres15, "shop", extra)
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def as_role():
    """Return a function: the same database as another role."""
    made = []

    def connect(engine, role):
        made.append(sa.create_engine(engine.url.set(username=role), pool_size=1, max_overflow=0))
        return made[-1]

    yield connect
    for engine in made:
        engine.dispose()
