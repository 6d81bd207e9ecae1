import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.tasks.proofs import Question, prove
from perfkit.tasks.proofs.size import KeyFacts, btree_bytes


@pytest.mark.parametrize(
    ("columns", "more"),
    [
        (["id"], {}),
        (["user_id"], {}),
        (["status"], {}),
        (["note"], {}),
        (["price"], {}),  # numeric: equal keys are not stored once
        (["created_at"], {}),
        (["user_id", "status", "created_at DESC"], {}),
        (["user_id", "status"], {}),
        (["status", "price"], {}),
        (["user_id"], {"include": ("total", "price")}),
        (["user_id", "created_at"], {"where": "status = 'pending'"}),
        (["(lower(status))"], {}),
    ],
)
def test_the_estimate_is_close_to_the_index_that_is_built(engine15, index_on, columns, more):
    question = Question(statement="select * from orders where user_id = 42 and status = 'pending'")
    estimated, real = (
        prove(engine15, question, [index_on(*columns, **more)], methods=[way], expendable=True)[0]
        for way in ("hypopg", "built")
    )
    assert estimated.size_bytes == pytest.approx(real.size_bytes, rel=0.35)


@pytest.fixture
def varied15(engine15):
    """Tables whose indexes are larger than one with shared keys: many files, loose collations."""
    admin = engine15.execution_options(isolation_level="AUTOCOMMIT")
    drop = "drop table if exists by_month, loose; drop collation if exists ci"
    with admin.connect() as connection:
        connection.exec_driver_sql(drop)
        connection.exec_driver_sql(
            """
            create collation ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
            create table loose as select mod(i, 1000)::text collate ci as name
            from generate_series(1, 40000) i;
            create table by_month (at int, device int) partition by range (at);
            create table m1 partition of by_month for values from (0) to (10000);
            create table m2 partition of by_month for values from (10000) to (20000);
            create table m3 partition of by_month for values from (20000) to (40001);
            insert into by_month select i, mod(i, 700) from generate_series(1, 40000) i;
            """
        )
        connection.exec_driver_sql("vacuum analyze loose")
        connection.exec_driver_sql("analyze by_month")
    yield engine15
    with admin.connect() as connection:
        connection.exec_driver_sql(drop)


@pytest.mark.parametrize(("table", "column"), [("loose", "name"), ("by_month", "device")])
def test_partitions_and_loose_collations_are_known(varied15, index_on, table, column):
    question = Question(statement=f"select * from {table} where {column}::text = '7'")
    wanted = index_on(column, table=table)
    estimated, real = (
        prove(varied15, question, [wanted], methods=[way], expendable=True)[0]
        for way in ("hypopg", "built")
    )
    assert estimated.size_bytes == pytest.approx(real.size_bytes, rel=0.35)


facts = st.builds(
    KeyFacts,
    rows=st.floats(0, 1e10), distinct=st.floats(0, 1e10), width=st.floats(0, 2000),
    shared=st.booleans(),
)  # fmt: skip


@given(facts)
def test_a_size_is_whole_pages_and_at_least_two(one):
    size = btree_bytes(one)
    assert size % 8192 == 0
    assert size >= 2 * 8192


@given(facts, st.floats(1, 100))
def test_more_rows_never_make_it_smaller(one, factor):
    more = KeyFacts(
        rows=one.rows * factor, distinct=one.distinct, width=one.width, shared=one.shared
    )
    assert btree_bytes(more) >= btree_bytes(one)
