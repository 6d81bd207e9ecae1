"""What an explained statement leaves on the server: nothing, whatever happens."""

import contextlib
import os
import signal
import threading
import time

import psycopg
import pytest

from perfkit.errors import NotConnected, PerfkitError, QueryFailed, TargetRefused, UsageError
from perfkit.tasks.explain import explain

WRITES = [
    "insert into keep.t (id, a) values (1000, :n)",
    "insert into keep.t (id, a) values (5, 1) on conflict (id) do update set a = :n",
    "update keep.t set a = a + :n where id < 20",
    "delete from keep.t where id = 4 and :n::int > 0",
    "merge into keep.t t using keep.child c on c.t_id = t.id when matched then update set a = :n",
    "with d as (delete from keep.child returning *) insert into keep.lazy select t_id from d",
    "update keep.parts set id = 150 where id < :n",
    "select * from keep.t where id < :n for update",
]  # fmt: skip


def test_a_thousand_executed_writes_leave_the_tables_as_they_were(pool, kept, state):
    before, clean = kept(), state()
    times = 0
    for sql in WRITES:
        result = explain(sql, pool, params={"n": 9}, analyze_writes=True, runs=115)
        assert result.executed
        times += result.totals["runs"]
        assert kept() == before
    for number in range(12 * len(WRITES)):
        sql = WRITES[number % len(WRITES)]
        times += explain(sql, pool, params={"n": number}, analyze_writes=True).executed
    assert times >= 1000
    assert kept() == before
    assert state() == clean


SLOW = [
    ("select pg_sleep(31)", {}),
    ("update keep.t set a = 0 where id < 3 and pg_sleep(31) is not null", {"analyze_writes": True}),
    ("select pg_sleep(31) from keep.t limit 1 for update", {"analyze_writes": True}),
]
_ACTIVE = (
    "select count(*) from pg_stat_activity where state <> 'idle' and query like '%%pg_sleep(31)%%' "
    "and pid <> pg_backend_pid()"
)


def running(engine):
    with engine.connect() as connection:
        return connection.exec_driver_sql(_ACTIVE).scalar()


@pytest.mark.parametrize(("sql", "how"), SLOW)
def test_ctrl_c_ends_it_on_the_server_within_two_seconds(pool, keep, kept, state, sql, how):
    before, clean = kept(), state()

    def interrupt():
        deadline = time.monotonic() + 10
        while not running(keep) and time.monotonic() < deadline:
            time.sleep(0.05)
        os.kill(os.getpid(), signal.SIGINT)

    helper = threading.Thread(target=interrupt)
    helper.start()
    with pytest.raises(KeyboardInterrupt):
        explain(sql, pool, **how)
    stopped = time.monotonic()
    helper.join(20)
    while running(keep) and time.monotonic() < stopped + 2:
        time.sleep(0.02)
    assert running(keep) == 0
    assert kept() == before
    assert state() == clean
    assert explain("select 1", pool).executed


ALLOWED = {"allow_functions": ["keep.fails"]}
REFUSED = [
    ("select 1; select 2", {}, UsageError, "more than one statement"),
    ("copy keep.t to stdout", {}, UsageError, "COPY has no plan"),
    ("call nothing()", {}, UsageError, "CALL has no plan"),
    ("vacuum keep.t", {}, UsageError, "VACUUM has no plan"),
    ("create table keep.new as select 1", {}, UsageError, "CREATE has no plan"),
    ("explain select 1", {}, UsageError, "EXPLAIN is added here"),
    ("declare c cursor for select 1", {}, UsageError, "DECLARE has no plan"),
    ("execute p(1)", {}, UsageError, "EXECUTE has no plan"),
    ("select nextval('keep.free')", {}, TargetRefused, "nextval"),
    ("insert into keep.t (id) values (setval('keep.free', 9))", {"analyze_writes": True},
     TargetRefused, "setval"),
    ("select * from keep.nowhere", {}, QueryFailed, "does not exist"),
    ("select 1 / (id - id) from keep.t", {}, QueryFailed, "division by zero"),
    ("insert into keep.t (id) values (1)", {"analyze_writes": True}, QueryFailed, "duplicate key"),
    ("insert into keep.child values (1, -1)", {"analyze_writes": True}, QueryFailed, "later"),
    ("delete from keep.t; commit", {"analyze_writes": True}, UsageError, "more than one"),
    ("select pg_sleep(20)", {"timeout_s": 0.2}, QueryFailed, "statement timeout"),
    ("update keep.t set a = 1 where pg_sleep(20) is null",
     {"timeout_s": 0.2, "analyze_writes": True}, QueryFailed, "statement timeout"),
    ("select keep.fails('40001')", ALLOWED, QueryFailed, "it went wrong"),
    ("select keep.fails('40P01')", ALLOWED, QueryFailed, "it went wrong"),
    ("select keep.fails('57014')", ALLOWED, QueryFailed, "it went wrong"),
    ("select keep.fails('42501')", ALLOWED, QueryFailed, "it went wrong"),
    ("select keep.fails('57P01')", ALLOWED, NotConnected, "it went wrong"),
    ("select :n", {}, UsageError, "has no value"),
    ("select 1", {"analyze": False, "analyze_writes": True}, UsageError, "exclude each other"),
    ("select 1", {"runs": 0}, UsageError, "runs=0"),
    ("select 1", {"runs": 10**6}, UsageError, "runs=1000000"),
    ("select 1", {"allow_functions": "nextval"}, UsageError, "takes a list"),
]  # fmt: skip


@pytest.mark.parametrize(("sql", "how", "error", "said"), REFUSED)
def test_what_goes_wrong_is_one_sentence_and_the_connection_is_clean(
    pool, kept, state, sql, how, error, said
):
    before, clean = kept(), state()
    with pytest.raises(error, match=said) as caught:
        explain(sql, pool, **how)
    assert "\n" not in caught.value.message
    assert caught.value.message.startswith("explain: ")
    assert state() == clean
    assert kept() == before


def test_a_row_that_somebody_else_holds_is_waited_for_two_seconds_at_most(pool, keep, state, kept):
    clean, before = state(), kept()
    with keep.connect() as holder:
        driver = holder.connection.driver_connection
        driver.execute("begin; update keep.t set a = 0 where id = 1")
        started = time.monotonic()
        with pytest.raises(QueryFailed, match="lock timeout") as caught:
            explain("update keep.t set a = 1 where id = 1", pool, analyze_writes=True)
        assert 1.5 < time.monotonic() - started < 6
        driver.execute("rollback")
    assert "another session holds a lock" in caught.value.hint
    assert (state(), kept()) == (clean, before)


DANGEROUS = [
    "select pg_advisory_lock(1)",
    "select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid()",
    "select pg_cancel_backend(pid) from pg_stat_activity where pid <> pg_backend_pid()",
    "select pg_reload_conf()",
    "select pg_create_physical_replication_slot('perfkit_slot', true)",
    "select pg_replication_origin_create('perfkit_origin')",
    "select nextval('keep.free')",
    "select setval('keep.free', 99)",
    "select set_config('work_mem', '1MB', false)",
    "select lo_creat(-1)",
    "select pg_notify('perfkit', 'x')",
    "select pg_stat_reset()",
    "select pg_stat_reset_shared('bgwriter')",
    "select pg_log_backend_memory_contexts(pg_backend_pid())",
    "select pg_switch_wal()",
    "select pg_create_restore_point('perfkit_point')",
    "select query_to_xml('select pg_advisory_lock(2)', true, true, '')",
    "select table_to_xml('keep.t', true, true, '')",
]
_OBSERVED = """
select (select count(*) from pg_locks where locktype = 'advisory'), pg_conf_load_time(),
       (select count(*) from pg_replication_slots), (select count(*) from pg_replication_origin),
       (select concat(last_value, is_called) from keep.free),
       (select count(*) from pg_largeobject_metadata),
       (select stats_reset from pg_stat_database where datname = current_database()),
       (select stats_reset from pg_stat_bgwriter)
"""


def observed(engine):
    with engine.connect() as connection:
        return tuple(connection.exec_driver_sql(_OBSERVED).one())


@pytest.fixture
def victim(keep):
    with psycopg.connect(_conninfo(keep), autocommit=True) as connection:
        connection.execute("listen perfkit")
        yield connection


def _conninfo(engine):
    query = engine.url.query
    return f"host={query['host']} port={query['port']} user=postgres dbname={engine.url.database}"


@pytest.mark.parametrize("sql", DANGEROUS)
@pytest.mark.parametrize("how", [{"analyze": True}, {"analyze_writes": True}])
def test_of_a_dangerous_function_nothing_happens(pool, keep, state, victim, sql, how):
    before, clean = observed(keep), state()
    with pytest.raises(TargetRefused, match="may have effects"):
        explain(sql, pool, **how)
    assert (observed(keep), state()) == (before, clean)
    assert victim.execute("select 1").fetchone() == (1,)
    assert list(victim.notifies(timeout=0, stop_after=1)) == []


def test_a_read_only_transaction_alone_would_have_run_it(keep):
    """The control of the tests above: the server itself stops nothing."""
    with keep.connect() as connection:
        driver = connection.connection.driver_connection
        driver.execute("begin read only; explain analyze select pg_advisory_lock(1); rollback")
        try:
            assert observed(keep)[0] == 1
        finally:
            driver.execute("select pg_advisory_unlock_all()")


def test_a_server_that_goes_away_during_a_write_is_no_traceback(pool, keep, kept):
    before = kept()

    def end():
        kill = "select pg_terminate_backend(pid) from pg_stat_activity where state = 'active' "
        kill += "and query like '%%pg_sleep(32)%%' and pid <> pg_backend_pid()"
        deadline = time.monotonic() + 10
        with keep.connect() as connection:
            while not connection.exec_driver_sql(kill).all() and time.monotonic() < deadline:
                time.sleep(0.05)

    helper = threading.Thread(target=end)
    helper.start()
    with pytest.raises(NotConnected):
        explain("update keep.t set a = 0 where pg_sleep(32) is null", pool, analyze_writes=True)
    helper.join(20)
    assert kept() == before
    assert explain("select 1", pool).executed


def test_no_text_smuggles_a_commit_past_a_transaction_that_may_write(pool, kept):
    before = kept()
    for sql in (
        "delete from keep.t; commit; --", "delete from keep.t where '' = E'\\'; commit; --'",
        "update keep.t set a = 1 /* /* */ ; */; commit", "delete from keep.t) ; commit; --",
    ):  # fmt: skip
        with contextlib.suppress(PerfkitError):
            explain(sql, pool, analyze_writes=True)
        assert kept() == before
