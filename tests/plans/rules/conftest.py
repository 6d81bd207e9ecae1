"""Tables of a real server whose plans are guilty or innocent."""

import re
from dataclasses import replace

import pytest
import sqlalchemy as sa

from perfkit.lab import server
from perfkit.plans.read import read_plan

#: 200,000 events: ``account`` finds 100 of them and has no index, ``owner`` 20,000, ``code`` one
#: and ``at`` is in the order of the table; what is rare lies at its end.
PARTITIONS = "\n".join(
    f"create table logs_{month:02} partition of logs for values from (timestamp '2025-01-01' + "
    f"interval '{month} month') to (timestamp '2025-01-01' + interval '{month + 1} month');"
    for month in range(12)
)
SEED = """
create table events (
    id bigint primary key, account bigint, owner int, code bigint, at timestamptz, seen timestamp,
    kind varchar(10), email text, note text);
insert into events select i, (i * 7919::bigint) % 2000, (i * 31) % 10, i,
    timestamptz '2025-01-01Z' + i * interval '1 min', timestamp '2025-01-01' + (i * 37 % 200000)
        * interval '1 min', case when i > 199000 then 'rare' else 'usual' end,
    'user' || i || '@example.com', md5(i::text) || md5((i + 1)::text)
from generate_series(1, 200000) i;
create index events_owner_idx on events (owner);
create index events_code_idx on events (code);
create index events_at_idx on events (at);
create index events_email_idx on events (email);
create table accounts (id bigint primary key, name text);
insert into accounts select i, 'account ' || i from generate_series(0, 1999) i;
create table tiny (id int primary key, name text);
insert into tiny select i, 'name ' || i from generate_series(1, 500) i;
create table written (id int primary key, name text);
insert into written select i, 'name ' || i from generate_series(1, 500) i;
create table visits (id int, page int, filler text) with (autovacuum_enabled = false);
insert into visits select i, i % 1000, repeat('x', 20) from generate_series(1, 100000) i;
create index visits_id_idx on visits (id);
create table settled (id int, page int, filler text);
insert into settled select * from visits;
create index settled_id_idx on settled (id);
create table scratch with (autovacuum_enabled = false) as select * from settled;
create table logs (at timestamp not null, account int, note text) partition by range (at);
{partitions}
insert into logs select timestamp '2025-01-01' + i * interval '10 min', i % 1000, md5(i::text)
from generate_series(1, 52000) i;
create table pairs (a int, b int, wide text);
insert into pairs select i % 1200, i, repeat(md5(i::text), 12) from generate_series(1, 48000) i;
create index pairs_a_b_idx on pairs (a, b) include (wide);
create table unknown_rows (id int, body text) with (autovacuum_enabled = false);
insert into unknown_rows select i, repeat(md5(i::text), 20) from generate_series(1, 20000) i;
create table emptied (id int, body text) with (autovacuum_enabled = false);
insert into emptied select i, repeat('y', 700) from generate_series(1, 50000) i;
"""
AFTERWARDS = """
delete from emptied where id % 1000 <> 0;
vacuum (truncate off) emptied;
vacuum analyze events; vacuum analyze accounts; vacuum analyze tiny; vacuum analyze settled;
vacuum analyze visits; vacuum analyze pairs; analyze logs; analyze emptied;
update visits set page = page + 1;
analyze visits
"""
#: As if the machine were so much slower: what matters from 5 ms on does so on a fast one too,
#: and what is innocent has to be innocent of more. The edges are tested with plans made up.
SLOWER = 10
#: Rules that judge by microseconds per row cannot be asked about such times.
ABOUT_SCANS = {
    "slow-seq-scan", "inefficient-index", "order-by-limit-wrong-index", "top-n-without-index",
    "heap-fetches", "lossy-bitmap", "read-efficiency", "repeated-blocks", "cache-miss",
    "implicit-cast", "function-on-column", "leading-wildcard", "or-over-columns",
    "partition-pruning", "large-offset", "stale-stats", "join-filter",
}  # fmt: skip
QUIET = ("max_parallel_workers_per_gather = 0", "jit = off")


def _slower(value):
    if isinstance(value, list):
        return [_slower(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {
        key: one * SLOWER if key.endswith("Time") and isinstance(one, int | float) else _slower(one)
        for key, one in value.items()
    }


def _execute(connection, script):
    # VACUUM marks as all-visible only what has reached the disk
    connection.exec_driver_sql("set synchronous_commit = on")
    for statement in script.split(";"):
        if statement.strip():
            connection.exec_driver_sql(statement.replace("%", "%%"))


@pytest.fixture(scope="session")
def scans_engine():
    """An engine for a database of its own, in the lab's server."""
    with server.start() as lab:
        admin = sa.create_engine(
            lab.url("postgres"), isolation_level="AUTOCOMMIT", poolclass=sa.pool.NullPool
        )
        with admin.connect() as connection:
            connection.exec_driver_sql("drop database if exists perfkit_scans")
            connection.exec_driver_sql("create database perfkit_scans")
        engine = sa.create_engine(lab.url("perfkit_scans"), isolation_level="AUTOCOMMIT")
        try:
            with engine.connect() as connection:
                _execute(connection, SEED.replace("{partitions}", PARTITIONS))
                _execute(connection, AFTERWARDS)
            yield engine
        finally:
            engine.dispose()


@pytest.fixture
def scans_plan(scans_engine):
    """Return the plan of a statement that was executed, the better of two runs.

    Writes are rolled back, with the statements that were to come ``first``. The first run warms
    the caches. All times are ten times as long.
    """

    def plan(sql, *settings, options="verbose, buffers", first=()):
        explain = f"explain (analyze, {options}, format json) {sql}"
        with scans_engine.connect() as connection:
            for setting in (*QUIET, *settings):
                connection.exec_driver_sql(f"set {setting}")
            runs = []
            for _ in range(2):
                connection.exec_driver_sql("begin")
                for statement in first:
                    connection.exec_driver_sql(statement.replace("%", "%%"))
                found = connection.exec_driver_sql(
                    explain, execution_options={"no_parameters": True}
                ).scalar_one()
                connection.exec_driver_sql("rollback")
                runs.append(read_plan(_slower(found)))
            connection.exec_driver_sql("reset all")
        return replace(min(runs, key=lambda run: run.execution_ms), statement=sql)

    return plan


@pytest.fixture
def scans_told():
    """Return a function that says what the rules about scans find, after precedence."""
    from perfkit.plans import rules
    from perfkit.plans.facts import Facts

    def told(plan, facts=None):
        return [one for one in rules.findings(plan, facts or Facts()) if one.rule in ABOUT_SCANS]

    return told


@pytest.fixture
def scans_made():
    """Return a function that makes a plan up: of one node, with what is below it."""

    def node(kind="Seq Scan", ms=80.0, *below, **properties):
        named = {key.replace("_", " "): value for key, value in properties.items()}
        return {
            "Node Type": kind, "Actual Total Time": ms, "Actual Startup Time": 0.0,
            "Actual Loops": 1, "Actual Rows": 10, "Plan Rows": 10, "Plans": list(below),
        } | named  # fmt: skip

    def made(*arguments, whole=None, **properties):
        document = {} if whole is None else {"Execution Time": whole}
        return read_plan({"Plan": node(*arguments, **properties)} | document)

    made.node = node
    return made


@pytest.fixture
def scans_facts(scans_engine):
    """Return what the server knows of the tables named."""
    from perfkit.probes.server import identify
    from perfkit.probes.table_facts import table_facts

    def facts(*tables):
        with scans_engine.connect() as connection:
            found = identify(connection)
            return table_facts(connection, found, [("public", table) for table in tables])

    return facts


#: Orders of customers; places whose columns a, b and c are the same, with and without statistics
#: that know it; ``kind`` is 'usual' in 99 %, ``cell`` spreads evenly; parents whose children have
#: an index on the key (kept_) and have none; documents of 9.6 kB; keys of which
#: the server believes that there are 50; 150 partitions.
JOINS_SEED = """
create table customers (id bigint primary key, country text not null, name text not null);
insert into customers select i, 'country ' || i % 50, 'customer ' || i
from generate_series(1, 20000) i;
create table orders (id bigint primary key, customer_id bigint not null, status text not null,
    total int not null, note text not null);
insert into orders select i, 1 + (i * 7919::bigint) % 20000,
    (array['new','paid','sent','done','done'])[1 + i % 5], i % 1000, repeat('x', 60)
from generate_series(1, 100000) i;
create index orders_customer on orders (customer_id);
create table places (id int primary key, a int, b int, c int, kind text, cell int, d int);
insert into places select i, i % 10, i % 10, i % 10,
    case when i % 100 = 0 then 'rare ' || i % 20000 else 'usual' end, i % 200, i % 7
from generate_series(1, 200000) i;
create index places_kind on places (kind);
create index places_cell on places (cell);
create table places_known (like places including indexes);
insert into places_known select * from places;
create statistics places_known_stats (dependencies, mcv) on a, b, c from places_known;
create table parents (id int primary key);
insert into parents select generate_series(1, 2000);
create table children (id int primary key, parent_id int references parents, note text);
insert into children select i, 1001 + i % 1000, repeat('y', 40) from generate_series(1, 20000) i;
create table kept_parents (id int primary key);
insert into kept_parents select generate_series(1, 2000);
create table kept_children (id int primary key, parent_id int references kept_parents);
insert into kept_children select i, 1001 + i % 1000 from generate_series(1, 20000) i;
create index on kept_children (parent_id);
create table documents (id int primary key, body text not null);
alter table documents alter body set storage external;
insert into documents select i, repeat(md5(i::text), 300) from generate_series(1, 2500) i;
create table months (id int, at int) partition by range (id);
create table audited (id int primary key, total int);
insert into audited select i, i from generate_series(1, 5000) i;
create table ledgers (id int primary key, total int, note text);
insert into ledgers select i, i, repeat('z', 100) from generate_series(1, 80000) i;
create index ledgers_total on ledgers (total);
create table keys (few bigint, many bigint, every bigint);
insert into keys select (i * 31) % 100, (i * 7919::bigint) % 8000, i % 20000
from generate_series(1, 80000) i;
alter table keys alter many set (n_distinct = 50);
alter table keys alter every set (n_distinct = 50);
"""
JOINS_FUNCTIONS = """
do $$ begin for i in 0..149 loop execute format(
    'create table months_%s partition of months for values from (%s) to (%s)',
    i, i * 10, i * 10 + 10); end loop; end $$
create function slow_price(n int) returns int language plpgsql stable parallel safe as
    $$ begin perform pg_sleep(0.0002); return n * 2; end $$
create function quick_price(n int) returns int language plpgsql stable as
    $$ begin return n * 2; end $$
create function stall(n bigint) returns boolean language plpgsql stable parallel safe as
    $$ begin if n = 5 then perform pg_sleep(0.3); end if; return true; end $$
create function slow_audit() returns trigger language plpgsql as
    $$ begin perform pg_sleep(0.0002); return new; end $$
create function no_audit() returns trigger language plpgsql as $$ begin return new; end $$
create trigger audit after update on audited for each row when (new.total > 0)
    execute function slow_audit()
create trigger none after update on ledgers for each row when (new.total < 0)
    execute function no_audit()
"""


@pytest.fixture(scope="session")
def joins_engine():
    """An engine for a database of its own, in the lab's server."""
    with server.start() as lab:
        admin = sa.create_engine(
            lab.url("postgres"), isolation_level="AUTOCOMMIT", poolclass=sa.pool.NullPool
        )
        with admin.connect() as connection:
            connection.exec_driver_sql("drop database if exists perfkit_joins")
            connection.exec_driver_sql("create database perfkit_joins")
        engine = sa.create_engine(
            lab.url("perfkit_joins"),
            isolation_level="AUTOCOMMIT",
            connect_args={"prepare_threshold": None},
        )
        try:
            with engine.connect() as connection:
                _execute(connection, JOINS_SEED)
                for statement in re.split(r"\n(?! )", JOINS_FUNCTIONS.strip()):
                    connection.exec_driver_sql(statement.replace("%", "%%"))
                connection.exec_driver_sql("vacuum analyze")
            yield engine
        finally:
            engine.dispose()


@pytest.fixture
def joins_plan(joins_engine):
    """Return the plan of a statement that was executed, the better of two runs, rolled back."""

    def once(connection, explain):
        connection.exec_driver_sql("begin")
        plain = {"no_parameters": True}
        document = connection.exec_driver_sql(explain, execution_options=plain).scalar_one()
        connection.exec_driver_sql("rollback")
        return read_plan(document)

    def better(sql, *settings, options="verbose, buffers, settings, wal", before=()):
        explain = f"explain (analyze, {options}, format json) {sql}"
        with joins_engine.connect() as connection:
            for statement in (*(f"set {one}" for one in (*QUIET, *settings)), *before):
                connection.exec_driver_sql(statement)
            both = [once(connection, explain) for _ in range(2)]
            connection.exec_driver_sql("reset all")
            connection.exec_driver_sql("deallocate all")
        return min(both, key=lambda run: run.execution_ms)

    return better


@pytest.fixture
def joins_found(joins_plan):
    """Return the rules that find something in a statement that was executed."""
    from perfkit.plans import rules

    return lambda sql, *settings, **more: [
        finding.rule for finding in rules.findings(joins_plan(sql, *settings, **more))
    ]


@pytest.fixture
def joins_node():
    """Return a function that writes one node of a plan by hand."""

    def node(kind, ms, *below, loops=1, rows=1, planned=1, **more):
        return {
            "Node Type": kind, "Actual Total Time": ms, "Actual Startup Time": 0.0,
            "Actual Loops": loops, "Actual Rows": rows, "Plan Rows": planned, "Plans": list(below),
        } | more  # fmt: skip

    return node


@pytest.fixture
def joins_tree():
    """Return a function that reads a plan written by hand."""

    def tree(root, **document):
        return read_plan({"Plan": root} | {k.replace("_", " "): v for k, v in document.items()})

    return tree
