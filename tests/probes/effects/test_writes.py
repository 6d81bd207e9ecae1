import pytest

from perfkit.plans.read import read_plan
from perfkit.probes.effects import named_in
from perfkit.probes.effects.writes import writes
from perfkit.probes.sql_names import names_in

TABLES = """
drop schema if exists w cascade; create schema w; set search_path to w;
create table plain (id serial primary key, a int, note text);
create function logs() returns trigger language plpgsql as
$$ begin insert into audit values (new.id); perform pg_notify('c', 'x'); return new; end $$;
create table audit (id int);
create table audited (id int primary key, a int);
create trigger audits before insert or update on audited for each row execute function logs();
create function locks() returns trigger language plpgsql as
$$ begin perform pg_advisory_lock(1); return new; end $$;
create table locked (id int, a int);
create trigger locking after update on locked for each row execute function locks();
create table switched_off (id int);
create trigger off after insert on switched_off for each row execute function locks();
alter table switched_off disable trigger off;
create function runs_text() returns trigger language plpgsql as
$$ begin execute 'select 1'; return new; end $$;
create table dynamic (id int);
create trigger dynamic_one after insert on dynamic execute function runs_text();
create function copies() returns trigger language plpgsql as
$$ begin copy plain to '/tmp/nowhere'; return new; end $$;
create function imports() returns trigger language plpgsql as
    $$ begin import foreign schema a from server b into c; return null; end $$;
create table imported (id int);
create trigger importing after insert on imported execute function imports();
create function subscribes() returns trigger language plpgsql as
    $$ begin create subscription s connection 'host=x' publication p; return null; end $$;
create table subscribed (id int);
create trigger subscribing after insert on subscribed execute function subscribes();
create table copied (id int);
create trigger copying after insert on copied execute function copies();
create sequence drawn;
create function draws() returns int language sql as 'select nextval(''w.drawn'')::int';
create table with_default (id int default draws(), a int);
create function bad() returns int language plpgsql as
$$ begin perform pg_advisory_lock(1); return 1; end $$;
create table bad_default (id int default bad());
create table bad_check (id int check (id < bad()));
create function bad_key(int) returns int immutable language plpgsql as
$$ begin perform pg_advisory_lock(1); return 1; end $$;
create table bad_index (id int); create index on bad_index (bad_key(id));
create table parent (id int primary key);
create table child (parent_id int references parent on delete cascade on update set null);
create trigger on_child after delete on child execute function locks();
create table lazy (id int, parent_id int references parent deferrable initially deferred);
create constraint trigger later after insert on lazy deferrable initially deferred
for each row execute function logs();
create table parts (id int, a int) partition by range (id);
create table part_one partition of parts for values from (0) to (100);
create trigger part_trigger after insert on part_one for each row execute function locks();
create table chained (id int);
create function to_locked() returns trigger language plpgsql as
$$ begin update locked set a = 1; return new; end $$;
create trigger chain after insert on chained for each row execute function to_locked();
create table ruled (id int);
create rule elsewhere as on insert to ruled do also insert into audit values (1);
create view shown as select id, a from plain;
create domain positive as int check (value > bad());
create table with_domain (p positive);
create table guarded (id int); alter table guarded enable row level security;
create policy p on guarded with check (id < bad());
"""


@pytest.fixture(scope="module")
def connection(effects_engine):
    with effects_engine.connect() as connection:
        connection.exec_driver_sql(TABLES.replace("%", "%%"))
        yield connection
        connection.exec_driver_sql("drop schema w cascade; reset search_path")


@pytest.fixture
def look(connection):
    def found(sql, allowed=()):
        document = connection.exec_driver_sql(f"explain (verbose, format json) {sql}").scalar()
        plan = read_plan(document)
        return writes(connection, plan, names_in(sql) | named_in(plan), allowed)

    return found


@pytest.mark.parametrize(
    "sql",
    [
        "insert into plain (a) values (1)", "update plain set a = 1", "delete from plain",
        "insert into plain (a) values (1) on conflict (id) do update set a = 2",
        "merge into plain p using audit a on a.id = p.id when matched then delete",
        "with gone as (delete from plain returning *) select * from gone",
        "update shown set a = 2", "select * from plain for update",
        "insert into audited values (1, 2)", "insert into switched_off values (1)",
        "delete from locked",  # its trigger is for updates
        "insert into with_default (a) values (1)", "insert into parent values (1)",
        "insert into lazy values (1, 1)", "insert into child values (1)",
        "insert into plain (a) values (draws())", "create temp table x as select 1",
    ],
)  # fmt: skip
def test_what_a_rollback_undoes_is_not_refused(look, sql):
    found = look(sql)
    assert (found.effects, found.refused) == ((), "")


@pytest.mark.parametrize(
    ("sql", "name", "reason"),
    [
        ("update locked set a = 1", "pg_advisory_lock", "called by locks()"),
        ("insert into dynamic values (1)", "runs_text", "it runs text built at run time"),
        ("insert into copied values (1)", "copies", "it runs COPY, in the trigger copying"),
        ("insert into imported values (1)", "imports", "it runs IMPORT, in the trigger importing"),
        ("insert into subscribed values (1)", "subscribes", "it runs SUBSCRIPTION, in the trigger"),
        ("insert into bad_default default values", "pg_advisory_lock", "called by bad()"),
        ("insert into bad_check values (1)", "pg_advisory_lock", "called by bad()"),
        ("insert into bad_index values (1)", "pg_advisory_lock", "called by bad_key()"),
        ("insert into with_domain values (1)", "pg_advisory_lock", "called by bad()"),
        ("insert into guarded values (1)", "pg_advisory_lock", "called by bad()"),
        ("delete from parent", "pg_advisory_lock", "called by locks()"),
        ("insert into parts values (1)", "pg_advisory_lock", "called by locks()"),
        ("insert into chained values (1)", "pg_advisory_lock", "called by locks()"),
        ("insert into plain (a) values (setval('drawn', 5))", "setval", "VOLATILE"),
        ("insert into plain (a) values (bad())", "pg_advisory_lock", "called by bad()"),
        ("update plain set a = pg_backend_pid() where pg_cancel_backend(a)",
         "pg_cancel_backend", "VOLATILE"),
    ],
)  # fmt: skip
def test_what_no_rollback_undoes_is_found_through_everything_a_write_sets_off(
    look, sql, name, reason
):
    found = {effect.name: effect for effect in look(sql).effects}
    assert reason in found[name].reason


@pytest.mark.parametrize(
    ("sql", "allowed"),
    [
        ("update locked set a = 1", "locks"),
        ("update locked set a = 1", "w.locks"),
        ("insert into dynamic values (1)", "runs_text"),
        ("insert into plain (a) values (bad())", "bad"),
    ],
)
def test_what_the_user_vouches_for_passes(look, sql, allowed):
    assert look(sql, [allowed]).effects == ()
    assert look(sql, ["pg_advisory_lock"]).effects != ()


def test_a_rule_in_the_way_is_refused(look, connection):
    assert "the rule elsewhere" in look("update ruled set id = 2").refused
    plan = read_plan({"Plan": {"Node Type": "ModifyTable", "Operation": "Insert",
                               "Schema": "w", "Relation Name": "audit"}})  # fmt: skip
    names = names_in("insert into ruled values (1)")
    assert "the rule elsewhere" in writes(connection, plan, names).refused


def test_a_foreign_table_is_refused(look, connection):
    try:
        connection.exec_driver_sql("create extension if not exists file_fdw schema w")
    except Exception as error:  # noqa: BLE001 - whatever a server without contrib says
        pytest.skip(str(error))
    connection.exec_driver_sql(
        "create server files foreign data wrapper file_fdw;"
        "create foreign table far (id int) server files options (filename '/dev/null')"
    )
    plan = read_plan({"Plan": {"Node Type": "ModifyTable", "Operation": "Insert",
                               "Schema": "w", "Relation Name": "far"}})  # fmt: skip
    found = writes(connection, plan, names_in("insert into far values (1)"))
    assert found.refused == "far is a foreign table, which is written on another server"


@pytest.mark.parametrize(
    ("sql", "sequences"),
    [
        ("insert into plain (a) values (1)", {"w.plain_id_seq"}),
        ("insert into plain (id, a) values (7, 1)", set()),
        ("insert into with_default (a) values (1)", {"w.drawn"}),
        ("update plain set a = nextval('w.drawn')", {"w.drawn"}),
    ],
)
def test_sequences_that_advance_are_named(look, sql, sequences):
    named = {name if "." in name else f"w.{name}" for name in look(sql).sequences}
    assert named == sequences


def test_what_waits_for_the_commit_is_named(look):
    assert set(look("insert into lazy values (1, 1)").deferred) == {"lazy_parent_id_fkey", "later"}
    assert look("insert into child values (1)").deferred == ()
