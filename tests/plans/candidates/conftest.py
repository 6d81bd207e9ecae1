"""A database with tables large enough to advise on, and what is proposed for a statement."""

import pytest
import sqlalchemy as sa

from perfkit.lab import server
from perfkit.plans.candidates import candidates
from perfkit.plans.read import read_plan
from perfkit.probes.server import identify
from perfkit.probes.table_facts import table_facts

SEED = """
create table countries (code text primary key, name text);
insert into countries select 'c' || i, 'Country ' || i from generate_series(1, 200) i;
create table users (
    id bigint primary key, email text not null unique, name text, country text,
    created_at timestamptz not null, deleted_at timestamptz, active bool not null);
insert into users
select i, 'user' || i || '@shop.example', 'User ' || i % 5000, 'c' || 1 + i % 200,
       timestamptz '2020-01-01' + i * interval '1 hour',
       case when i % 50 = 0 then timestamptz '2024-01-01' end, i % 20 <> 0
from generate_series(1, 20000) i;
create index users_country_idx on users (country);
create table orders (
    id bigint primary key, user_id bigint not null references users, status varchar(20) not null,
    total int not null, created_at timestamptz not null, shipped_on date, at timestamp, note text);
insert into orders
select i, 1 + (i * 7919::bigint) % 4000,
       (array['pending','paid','paid','shipped','shipped','done','done','done','done','done',
              'done'])[1 + (i / 7) % 11],
       (i * 7919::bigint) % 100003, timestamptz '2024-01-01' + i * interval '1 min',
       case when i % 100 <> 0 then date '2024-01-01' + (i * 31) % 700 end,
       timestamp '2024-01-01' + ((i * 7919::bigint) % 120000) * interval '1 min',
       case when i % 10 = 0 then md5(i::text) else repeat('x', 40) end
from generate_series(1, 120000) i;
create table items (
    id bigint primary key, order_id bigint not null references orders, product_id int not null,
    quantity int not null, price numeric not null);
insert into items select i, 1 + i % 120000, 1 + (i * 31) % 3000, 1 + i % 9, i % 5000
from generate_series(1, 150000) i;
create index items_order_id_idx on items (order_id);
create table events (
    id bigint primary key, kind text, actor_id int, data jsonb, tags text[], body text,
    words tsvector, during tsrange, flag bool, x int, y int, happened_at timestamptz);
insert into events
select i, 'kind' || i % 300, (i * 7919::bigint) % 3000,
       jsonb_build_object('k', 'v' || i % 5000, 'n', i % 700), array['t' || i % 2000, 'all'],
       'body ' || md5(i::text) || ' ' || i, to_tsvector('english', 'word' || i % 3000),
       tsrange(timestamp '2024-01-01' + i * interval '1 hour',
               timestamp '2024-01-01' + (i + 5) * interval '1 hour'),
       i % 500 = 0, (i * 31) % 2000, (i * 17) % 2500,
       timestamptz '2024-01-01' + i * interval '1 min'
from generate_series(1, 40000) i;
create table done_jobs (
    id bigint primary key, state text not null, run_at timestamptz, payload text);
insert into done_jobs select i, case when i % 400 = 0 then 'queued' else 'done' end,
       timestamptz '2024-01-01' + i * interval '1 min', repeat('p', 60)
from generate_series(1, 60000) i;
create index done_jobs_queued_idx on done_jobs (run_at) where state = 'queued';
create table served (
    id bigint primary key, a int, b int, c int, name text collate "C", low text, at timestamptz);
insert into served select i, i % 1000, (i * 7) % 300, (i * 31) % 5000, 'n' || i, 'L' || i,
       timestamptz '2024-01-01' + i * interval '1 min'
from generate_series(1, 60000) i;
create index served_a_b_idx on served (a, b);
create index served_c_idx on served (c desc);
create index served_name_idx on served (name);
create index served_low_idx on served (lower(low));
create index served_at_idx on served (at) include (c);
create index served_a_at_idx on served (a, at desc);
create table tickets (
    id bigint primary key, account_id int, code text, kind text, state text, opened_at timestamptz);
insert into tickets select i, i % 20, 'c' || i % 6007, case when i between 100 and 199 then 'rare'
       else 'kind' || i % 9 end, case when i % 10 < 8 then 'open' else 'shut' end,
       timestamptz '2024-01-01' + i * interval '1 min'
from generate_series(1, 60000) i;
create index tickets_account_id_idx on tickets (account_id);
create index tickets_opened_at_idx on tickets (opened_at);
create table spots (
    id bigint primary key, place point, label text collate "C", amount int, ip inet,
    closed_at timestamptz, reopened_at timestamptz, kind text, note text);
insert into spots select i, point((i * 7919::bigint) % 1000, (i * 31) % 1000), md5(i::text),
       (i * 7919::bigint) % 60000, ('10.' || i % 200 || '.' || (i / 7) % 250 || '.1')::inet,
       case when i % 60 <> 0 then timestamptz '2024-01-01' + i * interval '1 min' end,
       case when i % 2 = 0 then timestamptz '2024-01-01' end, 'k' || i % 4,
       case when i % 40 = 0 then 'note ' || i end
from generate_series(1, 60000) i;
create table logs (id bigint, at timestamptz not null, level text, host text)
    partition by range (at);
create table logs_a partition of logs for values from ('2024-01-01') to ('2024-02-01');
create table logs_b partition of logs for values from ('2024-02-01') to ('2024-03-01');
insert into logs select i, timestamptz '2024-01-01' + i * interval '1 min',
       case when i % 200 = 0 then 'error' else 'info' end, 'host' || i % 700
from generate_series(1, 60000) i;
"""


@pytest.fixture(scope="session")
def advised_engine():
    """An engine for a database of its own, in the lab's server."""
    with server.start() as lab:
        admin = sa.create_engine(
            lab.url("postgres"), isolation_level="AUTOCOMMIT", poolclass=sa.pool.NullPool
        )
        with admin.connect() as connection:
            connection.exec_driver_sql("drop database if exists perfkit_advised with (force)")
            connection.exec_driver_sql("create database perfkit_advised")
        engine = sa.create_engine(lab.url("perfkit_advised"), isolation_level="AUTOCOMMIT")
        try:
            with engine.connect() as connection:
                # VACUUM marks no page all-visible while commits have not reached the disk.
                connection.exec_driver_sql("set synchronous_commit = on")
                connection.exec_driver_sql(SEED.replace("%", "%%"))
                connection.exec_driver_sql("vacuum analyze")
            yield engine
        finally:
            engine.dispose()


@pytest.fixture(scope="session")
def advised(advised_engine):
    """Return a function: a statement to its plan, the facts of its tables and the candidates."""

    def ask(sql, *, analyze=True, generic=False, facts=True, settings=()):
        how = "generic_plan, " if generic else "analyze, buffers, " if analyze else ""
        with advised_engine.connect() as connection:
            for setting in settings:
                connection.exec_driver_sql(f"set {setting}")
            document = connection.exec_driver_sql(
                f"explain ({how}verbose, format json) {sql}",
                execution_options={"no_parameters": True},
            ).scalar_one()
            connection.exec_driver_sql("reset all")
            plan = read_plan(document)
            pairs = {(n.text("Schema"), n.relation) for n in plan.tree if n.relation}
            known = table_facts(connection, identify(connection), pairs) if facts else None
        return plan, known, candidates(plan, known)

    return ask
