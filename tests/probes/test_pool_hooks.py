import pytest
import sqlalchemy as sa
from sqlalchemy.pool import QueuePool

from perfkit.probes.pool_hooks import Hooks
from perfkit.probes.pool_ledger import Ledger


@pytest.fixture
def engine():
    engine = sa.create_engine(
        "sqlite://", poolclass=QueuePool, pool_size=1, max_overflow=0, pool_timeout=0.05,
        connect_args={"check_same_thread": False},
    )  # fmt: skip
    yield engine
    engine.dispose()


@pytest.fixture
def watched(engine):
    ledger = Ledger()
    hooks = Hooks(engine, ledger, "main")
    hooks.install()
    yield ledger, hooks
    hooks.undo()


def test_a_use_begins_with_the_request_and_ends_with_the_return(engine, watched):
    ledger, _ = watched
    with engine.connect():
        assert [use.pool for use in ledger.held.values()] == ["main"]
    (use,) = ledger.finished
    assert ledger.held == {}
    assert use.requested <= use.acquired <= use.released


def test_statements_and_the_end_of_the_transaction_are_busy_time(engine, watched):
    ledger, _ = watched
    with engine.connect() as connection:
        connection.exec_driver_sql("select 1")
        (use,) = ledger.held.values()
        after_one = use.busy_ns
        connection.execute(sa.text("select :a"), [{"a": 1}])
        after_two = use.busy_ns
        connection.commit()
        after_commit = use.busy_ns
    assert 0 < after_one < after_two < after_commit <= use.busy_ns <= use.hold_ns


def test_a_statement_that_fails_was_busy_too_and_its_error_is_unchanged(engine, watched):
    ledger, _ = watched
    with engine.connect() as connection:
        with pytest.raises(sa.exc.OperationalError, match="no such table"):
            connection.exec_driver_sql("select * from nowhere")
        (use,) = ledger.held.values()
        assert use.busy_ns > 0


def test_executemany_is_seen(engine, watched):
    ledger, _ = watched
    with engine.begin() as connection:
        connection.exec_driver_sql("create table t (a int)")
        (use,) = ledger.held.values()
        before = use.busy_ns
        connection.execute(sa.text("insert into t values (:a)"), [{"a": n} for n in range(3)])
        assert use.busy_ns > before


def test_a_time_out_is_a_request_without_a_connection(engine, watched):
    ledger, _ = watched
    with engine.connect(), pytest.raises(sa.exc.TimeoutError):
        engine.connect()
    assert ledger.timeouts == 1
    assert ledger.requests == 2
    assert ledger.waiting == {}
    assert [use.acquired is None for use in ledger.finished] == [True, False]


def test_a_server_that_refuses_is_no_time_out():
    engine = sa.create_engine("sqlite:////no/such/folder/x.db")
    ledger = Ledger()
    hooks = Hooks(engine, ledger, "main")
    hooks.install()
    with pytest.raises(sa.exc.OperationalError):
        engine.connect()
    hooks.undo()
    assert (ledger.requests, ledger.timeouts, len(ledger.finished), ledger.waiting) == (1, 0, 0, {})


def test_undo_leaves_no_wrapper_behind(engine):
    owners = (engine, engine.pool, engine.dialect)
    before = [dict(vars(owner)) for owner in owners]
    hooks = Hooks(engine, Ledger(), "main")
    hooks.install()
    assert [set(vars(owner)) for owner in owners] != [set(old) for old in before]
    hooks.undo()
    for owner, old in zip(owners, before, strict=True):
        assert {name for name in vars(owner) if name not in old and name[:1] != "_"} == set()


def test_a_connection_held_over_the_end_comes_back_unnoticed(engine, watched):
    ledger, hooks = watched
    connection = engine.connect()
    hooks.undo()
    connection.exec_driver_sql("select 1")
    connection.close()
    assert len(ledger.finished) == 0
    with engine.connect() as again:
        assert again.exec_driver_sql("select 2").scalar() == 2
    assert ledger.requests == 1


def test_the_pool_that_dispose_makes_is_watched_and_the_old_one_still_returns(engine, watched):
    ledger, _ = watched
    old = engine.connect()
    engine.dispose()
    with engine.connect():
        assert len(ledger.held) == 2
    old.close()
    assert (len(ledger.finished), ledger.requests) == (2, 2)


def test_after_the_watch_a_disposed_engine_is_not_watched_again(engine, watched):
    ledger, hooks = watched
    hooks.undo()
    engine.dispose()
    with engine.connect():
        pass
    assert ledger.requests == 0
