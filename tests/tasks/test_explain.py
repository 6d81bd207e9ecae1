import contextlib
import os
import signal
import threading
import time
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine

from perfkit.errors import NotConnected, PerfkitError, QueryFailed, TargetRefused, UsageError
from perfkit.probes.session import rolled_back
from perfkit.tasks.explain import explain

SEARCH = (
    "select * from orders where user_id = :user and status = :status "
    "order by created_at desc limit 20"
)


@pytest.fixture
def one_connection(lab_server):
    """An engine whose pool holds one connection: what is left behind shows in the next use."""
    engine = sa.create_engine(
        lab_server.url("perfkit_tasks"), pool_size=1, max_overflow=0, pool_timeout=5
    )
    yield engine
    engine.dispose()


def test_the_plan_of_a_slow_search_comes_with_its_index(shop_engine):
    heavy = "select count(*) from orders where user_id = :user and md5(md5(note)) <> ''"
    result = explain(heavy, shop_engine, params={"user": 42})
    assert result.executed
    assert result.question.startswith("PostgreSQL ")
    assert ", primary, database perfkit_tasks" in result.question
    assert {"Seq Scan", "Aggregate"} <= set(result.table["node_type"])
    assert result.totals["execution_ms"] == result.plan.execution_ms


def test_values_are_bound_and_typed_by_context_never_pasted(shop_engine):
    result = explain(SEARCH, shop_engine, params={"user": "42", "status": "x' or '1'='1"})
    assert result.plan.tree[0].number("Actual Rows") == 0
    typed = "select :a::int + 1, '12:30'::time, (array[1,2,3])[1:2], ':no', :d::date -- :not"
    assert explain(typed, shop_engine, params={"a": 5, "d": "2025-01-01"}).executed


@pytest.mark.parametrize(
    ("sql", "params", "said"),
    [
        (SEARCH, {"user": 1}, ":status has no value"),
        ("select $1", {}, "cannot be given a value"),
        ("", {}, "no statement"),
        (" ; -- nothing", {}, "no statement"),
        ("select 1; select 2", {}, "more than one statement"),
        ("explain select 1", {}, "EXPLAIN is added here"),
        ("vacuum orders", {}, "VACUUM has no plan"),
        ("drop table orders", {}, "DROP has no plan"),
        ("select * into stolen from orders", {}, "SELECT INTO makes a table"),
        ("with x as (select 1) select 1, 'a'into stolen", {}, "SELECT INTO makes a table"),
        ("select 1 \x00", {}, "NUL"),
    ],
)
def test_what_cannot_be_explained_is_said_before_anything_is_sent(sql, params, said):
    with pytest.raises(UsageError, match=said) as caught:
        explain(sql, "postgresql://nobody@127.0.0.1:1/none", params=params)
    assert "\n" not in caught.value.message


def test_a_semicolon_and_comments_at_the_end_are_no_second_statement(shop_engine):
    assert explain("select 1; /* done */ -- really\n;", shop_engine).executed


WRITES = [
    "insert into orders (user_id, status, created_at) values (1, 'x', now()) returning id",
    "update orders set total = total + 1",
    "delete from orders",
    "merge into orders o using users u on u.id = o.user_id when matched then delete",
    "with gone as (delete from orders returning *) select count(*) from gone",
    "select * from orders where id < 5 for update",
]
REFUSED = [
    "select nextval('orders_id_seq')",
    "select setval('orders_id_seq', 1)",
    "select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid()",
    "select pg_cancel_backend(pid) from pg_stat_activity where pid <> pg_backend_pid()",
    "select pg_advisory_lock(1)",
    "select pg_try_advisory_lock(1)",
    "select pg_reload_conf()",
    "select pg_rotate_logfile()",
    "select set_config('work_mem', '1MB', false)",
    "select lo_creat(-1)",
    "select lo_from_bytea(0, 'x')",
    "select pg_read_file('/etc/passwd')",
    "select * from pg_ls_dir('/')",
    "select pg_stat_reset()",
    "select pg_switch_wal()",
    "select pg_notify('a', 'b')",
    "select query_to_xml('delete from orders', true, true, '')",
    "select pg_create_restore_point('x')",
    "select pg_logical_emit_message(false, 'a', 'b')",
    'select "pg_advisory_lock" /* a comment */ (1)',
    "select (select u.id from users u where pg_advisory_lock(u.id) is null limit 1)",
    "select * from orders where id = any(array(select pg_try_advisory_lock(3)::int))",
]


@pytest.mark.parametrize("sql", WRITES)
def test_statements_that_write_are_planned_and_change_nothing(shop_engine, contents, sql):
    before = contents()
    for analyze in (None, True):
        result = explain(sql, shop_engine, analyze=analyze)
        assert not result.executed
        assert not result.plan.analyzed
        assert any("Not executed: the statement" in note for note in result.caveats)
    assert contents() == before


@pytest.mark.parametrize("sql", REFUSED)
@pytest.mark.parametrize("analyze", [None, True])
def test_functions_with_effects_outside_the_transaction_are_refused(
    shop_engine, contents, sql, analyze
):
    before = contents()
    with pytest.raises(TargetRefused, match=r"\(\) may have effects that no rollback undoes"):
        explain(sql, shop_engine, analyze=analyze)
    assert contents() == before


FUNCTIONS = """
create schema f;
create function f.volatile_one() returns int language sql as 'select 1';
create function f.stable_caller() returns boolean stable language plpgsql as
$$ begin perform pg_advisory_lock(7); return true; end $$;
create function f.stable_nested() returns boolean stable language sql as
'select f.stable_caller()';
create function f.immutable_caller() returns boolean immutable language plpgsql as
$$ begin perform pg_advisory_lock(8); return true; end $$;
create function f.dynamic() returns boolean stable language plpgsql as
$$ begin execute 'select pg_advisory' || '_lock(9)'; return true; end $$;
create function f.harmless(a int) returns int immutable language sql as
'select a + abs(a)';
create view f.hidden as select pg_try_advisory_lock(10) as locked from users;
create function f.of_row(users) returns boolean volatile language plpgsql as
$$ begin perform pg_advisory_lock(11); return true; end $$;
"""


@pytest.fixture(scope="module")
def functions(shop_engine):
    with shop_engine.connect() as connection:
        connection.exec_driver_sql(FUNCTIONS)
    yield
    with shop_engine.connect() as connection:
        connection.exec_driver_sql("drop schema f cascade")


@pytest.mark.usefixtures("functions")
@pytest.mark.parametrize(
    "sql",
    [
        "select f.volatile_one()",
        "select f.stable_caller()",
        "select f.stable_nested()",
        "select f.immutable_caller()",
        "select f.dynamic()",
        "select * from f.hidden",
        "select count(*) from f.stable_caller() x",
    ],
)
def test_functions_of_the_users_own_are_looked_through(shop_engine, contents, sql):
    before = contents()
    with pytest.raises(TargetRefused):
        explain(sql, shop_engine)
    assert contents() == before


@pytest.mark.usefixtures("functions")
def test_a_function_called_like_a_column_is_found_in_the_plan(shop_engine, contents):
    before = contents()
    path = "set search_path to public, f"
    engine = sa.create_engine(shop_engine.url, poolclass=sa.pool.NullPool)
    sa.event.listen(engine, "connect", lambda raw, _: raw.execute(path) and raw.commit())
    with pytest.raises(TargetRefused, match="of_row"):
        explain("select (u).of_row from users u", engine)
    assert contents() == before


@pytest.mark.usefixtures("functions")
def test_functions_without_effects_are_executed(shop_engine):
    sql = "select f.harmless(3), random(), clock_timestamp(), lower('A'), now()"
    assert explain(sql, shop_engine).executed


def test_planning_alone_passes_functions_that_the_planner_does_not_run(shop_engine, contents):
    before = contents()
    result = explain("select nextval('orders_id_seq')", shop_engine, analyze=False)
    assert not result.executed
    assert contents() == before


@pytest.mark.usefixtures("functions")
def test_planning_alone_refuses_what_the_planner_might_run(shop_engine, contents):
    before = contents()
    with pytest.raises(TargetRefused):
        explain("select 1 where f.immutable_caller()", shop_engine, analyze=False)
    assert contents() == before


SNEAKY = [
    "select 1; commit; delete from orders; --",
    "select E'a'\n'\\' x'; commit; delete from orders; --'",
    "select $a$ $a$; commit; delete from orders; select $a$ $a$",
    "select 1 /* /* */ ; */; commit; delete from orders",
    "select \xa0$b$, 1 as \xa0$b$; commit; delete from orders; select 1 as x$b$",
    "select '\\'; commit; delete from orders; --'",
    "select 1) ; commit; delete from orders; --",
]


@pytest.mark.parametrize("sql", SNEAKY)
def test_no_text_smuggles_a_second_statement_past_the_reader(shop_engine, contents, sql):
    before = contents()
    with contextlib.suppress(PerfkitError):
        explain(sql, shop_engine)
    assert contents() == before


def test_an_engine_in_autocommit_still_runs_read_only(shop_engine):
    def autocommit():
        with shop_engine.connect() as connection:  # the fixture's engine is one
            return connection.connection.driver_connection.autocommit

    assert autocommit()
    with rolled_back("test", shop_engine, timeout_s=5) as connection:
        assert connection.exec_driver_sql("show transaction_read_only").scalar() == "on"
        assert connection.exec_driver_sql("show statement_timeout").scalar() == "5s"
    assert autocommit()


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("select * from nothing_here", 'relation "nothing_here" does not exist'),
        ("select nope from orders", 'column "nope" does not exist'),
        ("select from from", "syntax error"),
        ("select * from orders where id = 'x'", "invalid input syntax"),
        ("select 1 / (id - id) from orders", "division by zero"),
    ],
)
def test_what_the_server_refuses_is_one_sentence(shop_engine, sql, said):
    with pytest.raises(QueryFailed, match=said) as caught:
        explain(sql, shop_engine)
    assert "\n" not in caught.value.message
    assert caught.value.__suppress_context__


def test_a_missing_right_is_said(shop_engine, lab_server):
    with shop_engine.connect() as connection:
        connection.exec_driver_sql("drop role if exists perfkit_reader")
        connection.exec_driver_sql("create role perfkit_reader login password 'geheim'")
    url = sa.make_url(lab_server.url("perfkit_tasks")).set(username="perfkit_reader")
    try:
        with pytest.raises(QueryFailed, match="permission denied for table orders"):
            explain("select * from orders", url.render_as_string(hide_password=False))
    finally:
        with shop_engine.connect() as connection:
            connection.exec_driver_sql("drop role perfkit_reader")


def test_a_statement_that_takes_too_long_is_cancelled_by_the_server(one_connection):
    started = time.monotonic()
    with pytest.raises(QueryFailed, match="statement timeout"):
        explain("select pg_sleep(60)", one_connection, timeout_s=0.3)
    assert time.monotonic() - started < 10
    assert explain("select 1", one_connection).executed


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"params": [1]}, "params is a list, not a dictionary"),
        ({"runs": "3"}, "runs='3' is not"),
        ({"runs": 2.5}, "runs=2.5 is not"),
    ],
)
def test_an_argument_of_another_type_is_a_sentence(shop_engine, options, said):
    with pytest.raises(UsageError, match=said):
        explain("select 1", shop_engine, **options)


@pytest.mark.parametrize("timeout_s", [0, -1, float("nan"), float("inf")])
def test_a_timeout_that_is_no_time_is_refused(shop_engine, timeout_s):
    with pytest.raises(UsageError, match="is not a time"):
        explain("select 1", shop_engine, timeout_s=timeout_s)


def test_ctrl_c_cancels_on_the_server_and_leaves_a_clean_connection(one_connection, shop_engine):
    timer = threading.Timer(1.0, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            explain("select pg_sleep(60)", one_connection)
    finally:
        timer.cancel()
    with shop_engine.connect() as connection:
        running = "select count(*) from pg_stat_activity where query like '%%pg_sleep(60)%%' "
        running += "and state = 'active' and pid <> pg_backend_pid()"
        deadline = time.monotonic() + 5
        while connection.exec_driver_sql(running).scalar() and time.monotonic() < deadline:
            time.sleep(0.05)
        assert connection.exec_driver_sql(running).scalar() == 0
    assert explain("select 1", one_connection).executed


def test_a_server_that_goes_away_is_no_traceback(one_connection, shop_engine):
    kill = (
        "select pg_terminate_backend(pid) from pg_stat_activity "
        "where query like '%%pg_sleep(50)%%' and state = 'active' and pid <> pg_backend_pid()"
    )

    def end():
        deadline = time.monotonic() + 10
        with shop_engine.connect() as connection:
            while not connection.exec_driver_sql(kill).all() and time.monotonic() < deadline:
                time.sleep(0.1)

    helper = threading.Thread(target=end)
    helper.start()
    with pytest.raises(NotConnected) as caught:
        explain("select pg_sleep(50)", one_connection)
    helper.join()
    assert "\n" not in caught.value.message
    assert explain("select 1", one_connection).executed


def test_the_connection_goes_back_as_it_came(one_connection):
    explain(SEARCH, one_connection, params={"user": 1, "status": "x"})
    with one_connection.connect() as connection:
        state = connection.exec_driver_sql(
            "select current_setting('statement_timeout'), current_setting('lock_timeout'), "
            "current_setting('transaction_read_only'), "
            "(select count(*) from pg_prepared_statements)"
        ).one()
        assert tuple(state) == ("0", "0", "off", 0)
        assert connection.connection.driver_connection.prepare_threshold == 5


@pytest.mark.parametrize(
    ("url", "error"),
    [
        ("postgresql://shop:geheim@127.0.0.1:1/shop", NotConnected),
        ("postgresql://shop:geheim@/shop?host=/nonexistent", NotConnected),
        ("postgresql://shop:geheim@[::1/shop", UsageError),
        ("postgresql+nodriver://shop:geheim@h/shop", UsageError),
        ("sqlite://", UsageError),
        ("geheim", UsageError),
    ],
)
def test_a_server_that_cannot_be_reached_is_said_without_the_password(url, error):
    with pytest.raises(error) as caught:
        explain("select 1", url)
    assert "geheim" not in str(caught.value)
    assert "geheim" not in repr(caught.value.__cause__)
    assert "\n" not in caught.value.message


def test_other_engines_are_answered_in_a_sentence(lab_server):
    with pytest.raises(UsageError, match="asynchronous"):
        explain("select 1", create_async_engine(lab_server.url("postgres")))
    with pytest.raises(UsageError, match="sqlite"):
        explain("select 1", sa.create_engine("sqlite://"))
    with pytest.raises(UsageError, match="is not an engine"):
        explain("select 1", 3)


@pytest.mark.skipif(not Path("/proc/self/comm").exists(), reason="needs /proc")
def test_a_server_behind_a_forwarded_socket_is_not_on_this_machine(lab_server, shop_engine):
    """A relay in front of the same server: its process is here, yet nothing proves it."""
    import shutil
    import socket
    import tempfile

    folder = tempfile.mkdtemp(prefix="pk-")
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(f"{folder}/.s.PGSQL.5432")
    listener.listen()

    def pump(source, target):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)

    def serve():
        near, _ = listener.accept()
        far = socket.socket(socket.AF_UNIX)
        far.connect(f"{lab_server.home}/.s.PGSQL.5432")
        threads = [threading.Thread(target=pump, args=pair) for pair in ((near, far), (far, near))]
        [thread.start() for thread in threads]
        [thread.join(timeout=20) for thread in threads]
        near.close()
        far.close()

    relay = threading.Thread(target=serve)
    relay.start()
    try:
        # the lab tells that it is one; this server must not
        quiet = f"host={folder}&options=-c%20perfkit.lab%3Doff"
        result = explain("select 1", f"postgresql://postgres@/perfkit_tasks?{quiet}")
    finally:
        relay.join(timeout=20)
        listener.close()
        shutil.rmtree(folder)
    assert not result.executed
    assert any("analyze=True" in note for note in result.caveats)


def test_quick_statements_are_said_to_need_nothing(shop_engine):
    result = explain("select * from orders where id = 5", shop_engine)
    assert result.headline.endswith("nothing to fix.")
    assert result.findings == ()


def test_the_picture_shows_every_node_as_long_as_its_time(shop_engine):
    result = explain("select status, count(*) from orders group by 1 order by 2", shop_engine)
    alone, below = result.figure.data
    nodes = len(result.plan.tree)
    assert list(alone.x[:nodes]) == pytest.approx(list(result.table["self_ms"]))
    assert list(below.x[:nodes]) == pytest.approx(list(result.table["inclusive_ms"]))
    planned = explain("select * from orders", shop_engine, analyze=False)
    assert planned.figure.data[0].x[0] > 0


def test_the_parts_of_the_execution_add_up_in_a_section_of_their_own(shop_engine):
    result = explain("select status, count(*) from orders group by 1", shop_engine)
    (parts,) = result.sections.values()
    rows = parts.to_pylist()
    assert {"nodes", "rest"} <= {row["part"] for row in rows}
    assert sum(row["time_ms"] for row in rows) == pytest.approx(result.totals["execution_ms"])
    assert sum(row["share"] for row in rows) == pytest.approx(1)
    assert "where the execution time went" in result.to_text()
    assert explain("select * from orders", shop_engine, analyze=False).sections == {}


def test_the_options_and_those_that_are_missing_are_named(shop_engine):
    result = explain("select 1", shop_engine)
    assert result.totals["options"].startswith("ANALYZE, VERBOSE, BUFFERS, SETTINGS, WAL")
    version = int(result.totals["server"].split()[1].split(".")[0])
    assert ("not available before 19: IO" in result.totals["options"]) is (version < 19)
    assert "SERIALIZE" not in " ".join(result.caveats)  # nobody asked for it


def test_of_several_runs_the_first_and_the_best_are_in_the_totals(shop_engine):
    result = explain("select count(*) from orders", shop_engine, runs=3)
    assert result.totals["runs"] == 3
    assert result.totals["best_ms"] == result.totals["execution_ms"]
    assert result.totals["first_ms"] > 0
    assert "first_ms" not in explain("select 1", shop_engine).totals


def test_the_generic_plan_is_returned_beside_the_custom_one(shop_engine):
    result = explain(SEARCH, shop_engine, params={"user": 1, "status": "x"}, generic=True)
    assert result.executed
    assert not result.generic.analyzed
    assert any(note.startswith("The generic plan") for note in result.caveats)
    assert explain("select 1", shop_engine).generic is None


@pytest.mark.usefixtures("functions")
@pytest.mark.parametrize("name", ["volatile_one", "f.volatile_one"])
def test_a_function_of_the_users_own_runs_by_its_name(shop_engine, name):
    with pytest.raises(TargetRefused) as caught:
        explain("select f.volatile_one()", shop_engine)
    assert "allow_functions=['volatile_one'] runs it" in caught.value.hint
    assert explain("select f.volatile_one()", shop_engine, allow_functions=[name]).executed


@pytest.mark.parametrize("name", ["pg_advisory_lock", "pg_catalog.pg_advisory_lock"])
def test_what_is_postgresqls_own_is_never_allowed(shop_engine, contents, name):
    before = contents()
    with pytest.raises(TargetRefused) as caught:
        explain("select pg_advisory_lock(1)", shop_engine, allow_functions=[name])
    assert "never allowed" in caught.value.hint
    assert contents() == before


def test_a_write_is_executed_when_asked_and_says_what_remains(shop_engine):
    sql = "insert into orders (id, user_id, status, created_at) "
    sql += "values (1000000 + nextval('orders_id_seq'), 1, 'x', now())"
    rows = "select count(*) from orders"
    with shop_engine.connect() as connection:
        before = connection.exec_driver_sql(rows).scalar()
    result = explain(sql, shop_engine, analyze_writes=True)
    assert result.executed
    text = " ".join(result.caveats)
    for part in ("rolled back", "orders_id_seq", "of WAL", "orders_user_id_fkey"):
        assert part in text
    with shop_engine.connect() as connection:
        assert connection.exec_driver_sql(rows).scalar() == before


@pytest.mark.parametrize(
    ("asked", "said"),
    [({"what_if": "create index on t (a)"}, "a what-if index"), ({"sweep": "a"}, "a sweep")],
)
def test_what_only_postgresql_can_do_is_refused_before_a_mysql_server_is_asked(asked, said):
    with pytest.raises(UsageError, match=f"{said} needs PostgreSQL, this is mysql"):
        explain("select :a", "mysql://nobody@127.0.0.1:1/none", params={"a": 1}, **asked)


def test_dollar_numbers_are_planned_without_values_if_that_is_asked_for(shop_engine):
    result = explain("select * from orders where id = $1", shop_engine, generic=True)
    assert not result.executed
    assert result.generic is result.plan
    given = explain("select * from orders where id = $1", shop_engine, generic=True,
                    params={"p1": 5})  # fmt: skip
    assert given.executed
    with pytest.raises(QueryFailed, match="nowhere"):
        explain("select * from nowhere where id = $1", shop_engine, generic=True)
