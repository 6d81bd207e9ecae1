import threading
import time

import pytest

from perfkit.tasks.proofs import Question, prove


@pytest.fixture
def table(lab_engine):
    """Return a function that makes a table until the end of the test."""
    made = []

    def create(name, sql):
        made.append(name)
        with lab_engine.connect() as connection:
            for statement in sql.split(";\n"):
                connection.exec_driver_sql(statement.replace("%", "%%"))
            connection.commit()

    yield create
    with lab_engine.connect() as connection:
        for name in made:
            connection.exec_driver_sql(f"drop table {name.replace('%', '%%')} cascade")
        connection.commit()


def built(engine, sql, candidate, methods=("built",), **more):
    (proof,) = prove(engine, Question(statement=sql), [candidate], methods=methods, **more)
    return proof


HOSTILE = [
    'we"ird :name',
    "a;drop table orders;--",
    "x' or '1'='1",
    "per%s cent%",
    "ON",
    "line\nbreak $1",
    "été 表",
]


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("method", ["built", "sample"])
def test_hostile_names_are_only_names(lab_engine, table, index_on, nothing_left, name, method):
    quoted = '"' + name.replace('"', '""') + '"'
    table(
        quoted,
        f"create table {quoted} (id int primary key, {quoted} int, txt text);\n"
        f"insert into {quoted} select i, i % 5000, repeat('y', 90) "
        "from generate_series(1,30000) i;\n"
        f"analyze {quoted}",
    )
    candidate = index_on(name, table=name, where=f"{quoted} is not null")
    sql = f"select * from {quoted} where {quoted} = 42".replace(":", "\\:")
    with nothing_left(lab_engine):
        proof = built(lab_engine, sql.replace("\\:", ":"), candidate, methods=[method])
    assert proof.verdict == "helps", proof.refused
    assert proof.write_cost.hot_columns == (name,)


def test_an_index_on_a_partitioned_table_is_seen_in_its_partitions(
    lab_engine, table, index_on, nothing_left
):
    table(
        "parted",
        "create table parted (id int, at int, v text) partition by range (at);\n"
        "create table parted_1 partition of parted for values from (0) to (100);\n"
        "create table parted_2 partition of parted for values from (100) to (200);\n"
        "insert into parted select i, i % 200, repeat('z', 90) from generate_series(1,30000) i;\n"
        "analyze parted",
    )
    for method in ("built", "sample"):
        with nothing_left(lab_engine):
            proof = built(
                lab_engine, "select * from parted where id = 7", index_on("id", table="parted"),
                methods=[method],
            )  # fmt: skip
        assert proof.verdict == "helps", proof.refused
        assert proof.size_bytes > 300_000


CHANGED = "update changed set v = v + 1 where id = 1"


@pytest.fixture
def changed(lab_engine, table):
    """A table of which an old snapshot still sees rows that changed without any index knowing."""
    table(
        "changed",
        "create table changed (id int primary key, v int, txt text) with (fillfactor = 50);\n"
        "insert into changed select i, i, repeat('y', 90) from generate_series(1,20000) i;\n"
        "analyze changed",
    )
    import sqlalchemy as sa

    other = sa.create_engine(lab_engine.url, poolclass=sa.pool.NullPool)
    with other.connect() as old, other.connect() as writer:
        old.execution_options(isolation_level="REPEATABLE READ")
        old.exec_driver_sql("select count(*) from changed")
        writer.exec_driver_sql("update changed set v = v + 1")
        writer.commit()
        yield old
        old.rollback()
    other.dispose()


def test_an_index_that_is_hidden_from_its_own_transaction_is_not_called_unused(
    lab_engine, changed, index_on
):
    by_v = index_on("v", table="changed")
    proof = built(lab_engine, "select * from changed where v = 7", by_v)
    assert proof.verdict == "not proven"
    assert "changed too recently" in proof.refused
    proof = built(lab_engine, "select * from changed where v = 7", by_v, methods=None)
    assert (proof.method, proof.verdict) == ("sample", "helps")


def test_a_hidden_index_is_built_once_more(lab_engine, changed, index_on, monkeypatch):
    from perfkit.tasks.proofs import proving

    real, tries = proving.attempt, []

    def once(*arguments):
        if tries:
            changed.rollback()
        tries.append(1)
        return real(*arguments)

    monkeypatch.setattr(proving, "attempt", once)
    proof = built(lab_engine, "select * from changed where v = 7", index_on("v", table="changed"))
    assert (proof.verdict, len(tries)) == ("helps", 2)


def test_a_writer_is_not_made_to_wait_for_long(lab_engine, table, index_on):
    """The build gives up on a lock soon: others queue behind it."""
    import sqlalchemy as sa

    table("locked", "create table locked as select i as id from generate_series(1, 20000) i")
    other = sa.create_engine(lab_engine.url, poolclass=sa.pool.NullPool)
    with other.connect() as writer:
        writer.exec_driver_sql("update locked set id = id where id = 1")
        started = time.monotonic()
        proof = built(
            lab_engine, "select * from locked where id = 5", index_on("id", table="locked")
        )
        writer.rollback()
    other.dispose()
    assert "lock timeout" in proof.refused
    assert 2 <= time.monotonic() - started < 5


def test_an_expression_with_effects_is_not_built(lab_engine, index_on, nothing_left):
    with lab_engine.connect() as connection:
        connection.exec_driver_sql(
            "create function shout(t text) returns text immutable language plpgsql as "
            "'begin perform pg_notify(''a'', t); return t; end'"
        )
        connection.commit()
    try:
        with nothing_left(lab_engine):
            proof = built(
                lab_engine, "select * from orders where user_id = 1", index_on("(shout(note))")
            )
    finally:
        with lab_engine.connect() as connection:
            connection.exec_driver_sql("drop function shout")
            connection.commit()
    assert "may have effects" in proof.refused


def test_two_proofs_at_a_time_do_not_meet(lab_engine, index_on, search, nothing_left):
    import sqlalchemy as sa

    engines = [sa.create_engine(lab_engine.url) for _ in range(2)]
    verdicts = []

    def run(engine):
        proof = built(engine, search, index_on("user_id"), timeout_s=20)
        verdicts.append(proof.verdict)

    with nothing_left(lab_engine):
        threads = [threading.Thread(target=run, args=(engine,)) for engine in engines]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        for engine in engines:
            engine.dispose()
    assert verdicts == ["helps", "helps"]


def test_an_index_without_which_another_is_of_no_use_is_built_with_it(lab_engine, index_on):
    either = index_on("user_id", companions=(index_on("total"),))
    proof = built(lab_engine, "select * from orders where user_id = 42 or total = 7", either)
    alone = built(
        lab_engine, "select * from orders where user_id = 42 or total = 7", index_on("user_id")
    )
    assert proof.verdict == "helps"
    assert alone.verdict == "not used"
    assert proof.size_bytes > alone.size_bytes


def test_an_analyze_that_runs_does_not_stop_the_proof(lab_engine, table, index_on):
    """Autovacuum holds a lock that forbids CREATE INDEX for a moment: the build waits for it."""
    import sqlalchemy as sa

    table("busy", "create table busy as select i as id from generate_series(1, 20000) i")
    other = sa.create_engine(lab_engine.url, poolclass=sa.pool.NullPool)
    with other.connect() as analyst:
        analyst.exec_driver_sql("analyze busy")
        timer = threading.Timer(0.7, analyst.rollback)
        timer.start()
        proof = built(lab_engine, "select * from busy where id = 5", index_on("id", table="busy"))
        timer.join()
    other.dispose()
    assert proof.verdict == "helps", proof.refused
