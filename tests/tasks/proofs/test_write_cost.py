import pytest

from perfkit.tasks.proofs import Question, prove


@pytest.fixture
def cost(search):
    def measure(engine, candidate, sql=search):
        (proof,) = prove(
            engine, Question(statement=sql), [candidate], methods=["built"], expendable=True
        )
        return proof.write_cost

    return measure


def test_more_and_wider_keys_cost_more(engine15, index_on, cost):
    few, many = (
        cost(engine15, index_on(*columns))
        for columns in (["user_id"], ["user_id", "status", "created_at", "note"])
    )
    assert 0 < few.wal_bytes_per_1000_inserts < many.wal_bytes_per_1000_inserts
    assert few.insert_ms_per_1000 is not None
    assert (few.basis, few.wal_basis) == ("measured", "measured")


def test_a_partial_index_costs_less(engine15, index_on, cost):
    whole = cost(engine15, index_on("user_id"))
    part = cost(engine15, index_on("user_id", where="status = 'pending'"))
    assert part.wal_bytes_per_1000_inserts < 0.5 * whole.wal_bytes_per_1000_inserts


@pytest.mark.parametrize(
    ("columns", "more", "lost"),
    [
        (["user_id", "status"], {}, ("user_id", "status")),
        (["user_id"], {"where": "status = 'pending'"}, ("user_id", "status")),  # the predicate too
        (["user_id"], {"include": ("total",)}, ("user_id", "total")),
        (["(user_id + total)", "user_id"], {}, ("user_id", "total")),
    ],
)
def test_updates_of_any_column_of_the_index_stop_being_hot(
    lab_engine, index_on, cost, columns, more, lost
):
    sql = (
        "select * from orders where user_id = 42 and user_id + total = 71 and status = 'pending'"
        if columns[0].startswith("(")
        else "select * from orders where user_id = 42 and status = 'pending'"
    )
    found = cost(lab_engine, index_on(*columns, **more), sql)
    assert found.hot_columns == lost
    assert found.hot_share_before > 0.9
    assert found.hot_share_after == 0.0


def test_a_column_that_is_indexed_already_loses_nothing(lab_engine, index_on, cost):
    found = cost(lab_engine, index_on("id", include=("id",)), "select * from orders where id = 3")
    assert found is None or found.hot_columns == ()


def test_a_lab_that_writes_no_wal_estimates_it(lab_engine, index_on, cost):
    found = cost(lab_engine, index_on("user_id"))
    assert (found.basis, found.wal_basis) == ("measured", "estimated")
    assert found.wal_bytes_per_1000_inserts > 10_000


def test_a_table_with_few_rows_has_no_measurement(lab_engine, index_on, cost):
    with lab_engine.connect() as connection:
        connection.exec_driver_sql(
            "create table few with (fillfactor = 10) as "
            "select i as a, repeat('x', 90) from generate_series(1, 300) i;"
            "analyze few"
        )
        connection.commit()
    try:
        found = cost(lab_engine, index_on("a", table="few"), "select * from few where a = 7")
    finally:
        with lab_engine.connect() as connection:
            connection.exec_driver_sql("drop table few")
            connection.commit()
    assert (found.basis, found.insert_ms_per_1000) == ("estimated", None)
