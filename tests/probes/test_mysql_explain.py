import mariadb_shop
import pytest
import sqlalchemy as sa

from perfkit.errors import PerfkitError, QueryFailed, TargetRefused, UsageError
from perfkit.probes import mysql_explain
from perfkit.probes.mysql_explain import (
    Asked,
    MySQLServer,
    identify,
    measure,
    one_statement,
    session,
)

CONTENTS = "checksum table users, orders, items, tiny, ledger, watched"
SETTINGS = (
    "select connection_id(), @@max_statement_time, @@lock_wait_timeout, @@in_transaction, "
    "(select count(*) from information_schema.processlist), is_free_lock('a'), @a, "
    "(select lastval(numbers))"
)


@pytest.fixture(scope="module")
def mariadb():
    if absent := mariadb_shop.missing():
        pytest.skip(f"{absent[0]} is not installed")
    return mariadb_shop.engine()


@pytest.fixture
def run(mariadb):
    def measured(sql, *, values=None, timeout_s=20.0, local=True, engine=mariadb, **asked):
        statement = one_statement(sql)
        read_only = not asked.get("writes", False)
        with session("explain", engine, timeout_s=timeout_s, read_only=read_only) as connection:
            server = identify(connection)
            if not local:
                server = type(server)(**{**vars(server), "local": False})
            return measure(
                connection, server, Asked(statement=statement, values=values or {}, **asked)
            )

    return measured


@pytest.fixture
def untouched(mariadb):
    """Check that contents, settings and the connection are as they were."""

    def look():
        with mariadb.connect() as connection:
            contents = connection.exec_driver_sql(CONTENTS).all()
            return contents, connection.exec_driver_sql(SETTINGS).one()

    before = look()
    yield
    assert look() == before


def kinds(plan):
    return [node.kind for node in plan.tree]


def test_a_select_is_executed_and_measured(run, untouched):
    found = run("select count(*) from orders where user_id = :u", values={"u": 42})
    assert found.not_executed == ""
    assert found.plan.analyzed
    assert found.plan.system == "mariadb"
    assert found.times_ms == (found.plan.execution_ms,)
    (scan,) = (node for node in found.plan.tree if node.relation)
    assert (scan.qualified, scan.number("Actual Rows")) == ("shop.orders", 12)


def test_values_are_bound_and_never_pasted(run, untouched):
    nasty = "x' or sleep(1) = '%(a)s \\"
    found = run(
        "select count(*) from tiny where b = :b and a % 2 = :a", values={"b": nasty, "a": 1}
    )
    assert found.plan.root.total_ms < 500
    with pytest.raises(UsageError, match=":b has no value"):
        run("select 1 from tiny where b = :b")


def test_without_proof_that_the_server_is_here_it_is_only_planned(run, untouched):
    found = run("select count(*) from orders", local=False)
    assert "nothing proves" in found.not_executed
    assert not found.plan.analyzed
    assert run("select count(*) from tiny", local=False, execute=True).plan.analyzed
    assert run("select count(*) from tiny", execute=False).not_executed.startswith(
        "Not executed, as"
    )


@pytest.mark.parametrize(
    ("sql", "top"),
    [
        ("update orders set total = 1 where id < 50", "Update"),
        ("delete from orders where id < 50", "Delete"),
        ("insert into tiny values (9, 'x')", "Insert"),
        ("replace into users values (1, 'a', 'b', 'c')", "Insert"),
        ("update orders join users u on u.id = user_id set total = 0 where u.id = 7",
         "Nested Loop"),
    ],
)  # fmt: skip
def test_writes_are_planned_and_on_request_executed_and_undone(run, untouched, sql, top):
    planned = run(sql)
    assert "the statement writes" in planned.not_executed
    executed = run(sql, writes=True)
    assert executed.not_executed == ""
    assert "rolled back" in executed.notes[0]
    assert top in kinds(executed.plan)
    assert kinds(planned.plan) == kinds(executed.plan)


def test_an_alias_in_a_write_is_resolved_for_the_advice(run, untouched):
    found = run("update orders o set o.total = 1 where o.note = 'y'", writes=True)
    assert {node.qualified for node in found.plan.tree if node.relation} == {"shop.orders"}
    assert {node.text("Alias") for node in found.plan.tree if node.relation} == {"o"}


def test_a_hundred_writes_leave_the_contents_as_they_were(run, untouched):
    found = run("update orders set total = total + 1 where id < 40", writes=True, runs=100)
    assert len(found.times_ms) == 100


def test_locking_reads_are_planned_and_on_request_executed(run, untouched):
    sql = "select * from orders where id < 5 for update"
    assert "locks rows" in run(sql).not_executed
    assert run(sql, writes=True).plan.analyzed


@pytest.mark.parametrize(
    ("sql", "asked", "error"),
    [
        ("select get_lock('a', 0)", {}, TargetRefused),
        ("select get_lock('a', 0)", {"execute": False}, TargetRefused),
        ("select /*!50000 get_lock('a', 0) */", {}, TargetRefused),
        ("select /*M!100000 get_lock('a', 0), */ 1", {}, TargetRefused),
        ("select * from locked", {}, TargetRefused),
        ("select twice(1)", {}, TargetRefused),
        ("select nextval(numbers)", {}, TargetRefused),
        ("select numbers.nextval", {"writes": True}, TargetRefused),
        ("select 1 into @a", {}, TargetRefused),
        ("select @a := 1", {}, TargetRefused),
        ("select 1 into outfile '/tmp/never'", {}, TargetRefused),
        ("update ledger set a = 5", {"writes": True}, TargetRefused),
        ("update watched set a = 5", {"writes": True}, TargetRefused),
        ("select 1; delete from tiny", {}, UsageError),
        ("drop table tiny", {}, UsageError),
        ("call p()", {}, UsageError),
        ("select * from nope", {}, QueryFailed),
        ("select sleep(20)", {"timeout_s": 0.2}, QueryFailed),
        ("select $1", {}, PerfkitError),
    ],
)
def test_what_may_not_run_is_one_sentence_and_leaves_nothing(run, untouched, sql, asked, error):
    with pytest.raises(error) as raised:
        run(sql, **asked)
    assert raised.value.message.startswith("explain: ")


def test_a_function_of_ones_own_may_be_allowed(run, untouched):
    assert run("select twice(a) from tiny", allowed=("twice",)).plan.analyzed


def test_the_modes_of_the_session_decide_what_is_a_string(mariadb, run):
    engine = sa.create_engine(
        f"{mariadb.url.render_as_string(hide_password=False)}&sql_mode=ANSI_QUOTES",
        poolclass=sa.pool.NullPool,
    )
    assert run('select "a" from "tiny"', engine=engine).plan.analyzed
    with pytest.raises(TargetRefused, match="get_lock"):
        run('select "x\\", get_lock("a", 0), "y"', engine=engine)


def test_temporary_tables_on_disk_are_counted(run, mariadb):
    engine = sa.create_engine(
        mariadb.url, poolclass=sa.pool.NullPool,
        connect_args={"init_command": "set session tmp_memory_table_size = 1024"},
    )  # fmt: skip
    sql = "select user_id, note, count(*) from orders group by user_id, note order by null"
    found = run(sql, engine=engine)
    assert found.plan.document["Created_tmp_disk_tables"] >= 1
    assert "mysql-temporary-disk" in {finding.rule for finding in found.plan.findings}
    assert run("select count(*) from orders").plan.document["Created_tmp_disk_tables"] == 0


@pytest.mark.parametrize(
    ("sql", "rule", "snippet"),
    [
        ("select * from orders where user_id = 42 and note like 'x%'", "mysql-full-scan",
         "ALTER TABLE shop.orders ADD INDEX idx_orders_user_id (user_id)"),
        ("select * from orders order by total limit 5", "mysql-sort-limit", "(total)"),
        ("select * from orders o where o.status = 'paid' and o.user_id = 42", "mysql-",
         "(status, user_id"),
        ("select u.id, (select count(*) from orders o where o.user_id = u.id) from users u limit 9",
         "mysql-full-scan", "shop.orders ADD INDEX idx_orders_user_id (user_id)"),
    ],
)  # fmt: skip
def test_the_index_that_is_missing_is_proposed(run, mariadb, sql, rule, snippet):
    (finding,) = run(sql).plan.findings
    assert finding.rule.startswith(rule)
    assert snippet in finding.fix.snippet
    with mariadb.connect() as connection:
        if finding.fix.test:
            assert connection.exec_driver_sql(finding.fix.test).one()[0] == 60_000


@pytest.mark.parametrize(
    "sql",
    [
        "select * from users where id = 5",
        "select count(*), sum(total) from orders",
        "select * from orders",
        "select * from orders where status = 'paid'",
        "select status, count(*) from orders group by status",
        "select * from orders where status = 'paid' order by created_at desc limit 20",
        "select count(*) from orders o join users u on u.id = o.user_id",
        "select * from tiny where b = 'x'",
        "select * from users where name like '%99%'",
        "select user_id, sum(total) from orders group by user_id order by 2 desc limit 10",
    ],
)
def test_queries_that_are_as_good_as_they_can_be_yield_nothing(run, sql):
    assert [finding.rule for finding in run(sql).plan.findings] == []


def _mysql(number, **more):
    return MySQLServer(version="8", number=number, standby=False, database="shop", local=True,
                       mariadb=False, **more)  # fmt: skip


@pytest.mark.parametrize(
    ("number", "sql", "reason"),
    [
        (80017, "select 1", "cannot measure"), (80018, "select 1", ""),
        (90000, "delete from t", "read only"), (80036, "select 1 from t for share", "locks rows"),
    ],
)  # fmt: skip
def test_mysql_measures_what_it_can(number, sql, reason):
    asked = Asked(statement=one_statement(sql), execute=True, writes="delete" in sql)
    told = mysql_explain._only_planned(_mysql(number), one_statement(sql), asked)
    assert reason in told
    assert bool(told) == bool(reason)


def test_mysql_takes_a_format_since_8_0_21():
    assert mysql_explain._measuring(_mysql(80020)) == "EXPLAIN ANALYZE "
    assert mysql_explain._measuring(_mysql(80021)) == "EXPLAIN ANALYZE FORMAT=TREE "
