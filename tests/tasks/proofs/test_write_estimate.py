from dataclasses import replace

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from perfkit.tasks.proofs import Question, prove
from perfkit.tasks.proofs.size import KeyFacts
from perfkit.tasks.proofs.write_estimate import btree_wal, updated_columns

VARIED = {
    "integer": ["total"],
    "bigint with many rows per key": ["user_id"],
    "text with few values": ["status"],
    "text": ["note"],
    "numeric": ["price"],
    "time": ["created_at"],
    "three columns": ["user_id", "status", "created_at DESC"],
    "unique text first": ["note", "user_id", "total", "created_at"],
    "expression": ["(lower(note))"],
    "two columns": ["status", "total"],
}


@pytest.fixture(params=VARIED)
def columns(request):
    return VARIED[request.param]


def test_the_estimated_wal_is_within_a_factor_of_two_of_the_measured(engine15, index_on, columns):
    first = columns[0].split()[0]
    question = Question(statement=f"select * from orders order by {first} limit 1")
    estimated, measured = (
        prove(engine15, question, [index_on(*columns)], methods=[method], expendable=True)[0]
        for method in ("hypopg", "built")
    )
    ratio = (
        estimated.write_cost.wal_bytes_per_1000_inserts
        / measured.write_cost.wal_bytes_per_1000_inserts
    )
    assert measured.write_cost.wal_basis == "measured"
    assert estimated.write_cost.wal_basis == "estimated"
    assert 0.5 < ratio < 2.0


def test_a_partial_index_and_one_with_include_are_estimated_as_well(engine15, index_on, search):
    for more in ({"where": "status = 'pending'"}, {"include": ("total", "price")}):
        estimated, measured = (
            prove(
                engine15, Question(statement=search), [index_on("user_id", **more)],
                methods=[method], expendable=True,
            )[0].write_cost.wal_bytes_per_1000_inserts
            for method in ("hypopg", "built")
        )  # fmt: skip
        assert 0.5 < estimated / measured < 2.0


def test_a_partial_index_is_written_for_its_part_of_the_rows():
    facts = KeyFacts(rows=1e6, distinct=1e6, width=8, shared=False)
    assert btree_wal(replace(facts, part=0.1)) == pytest.approx(btree_wal(facts) / 10)


@pytest.mark.parametrize(
    ("sql", "table", "columns"),
    [
        ("update orders set status = $1 where id = $2", "orders", ("status",)),
        ('UPDATE only shop."Orders" AS o SET a=1,"B c"=f(x, y=2) FROM u', "Orders", ("a", "B c")),
        ("update orders set (a, b) = (select 1, 2), c = default returning d", "orders",
         ("a", "b", "c")),
        ("update orders set a = (select b from set where c = 1), d = 2", "orders", ("a", "d")),
        ("update other set status = 1 where orders = 2", "orders", ()),
        ("select 1", "orders", ()),
        ("update", "orders", ()),
        ("", "orders", ()),
    ],
)  # fmt: skip
def test_the_columns_that_an_update_changes_are_read(sql, table, columns):
    assert updated_columns(sql, table) == columns


@given(st.text(alphabet="update st set=(),;'\"$1ab.\n", max_size=80))
def test_no_text_breaks_the_reader(text):
    updated_columns(f"update t set {text}", "t")


@pytest.fixture
def updated(engine15):
    """A table whose updates were all HOT."""
    with engine15.connect() as connection:
        connection.exec_driver_sql(
            "create table hot (id int primary key, a int, b text, c int) with (fillfactor = 50);"
            "insert into hot select i, i %% 100, repeat('x', 50), i "
            "from generate_series(1, 20000) i;"
            "analyze hot"
        )
        connection.commit()
        connection.exec_driver_sql("update hot set a = a + 1 where id <= 3000")
        connection.commit()
        connection.exec_driver_sql("select pg_stat_force_next_flush()")
        connection.exec_driver_sql("select 1")
        connection.commit()
    yield "hot"
    with engine15.connect() as connection:
        connection.exec_driver_sql("drop table hot")
        connection.commit()


UPDATES = [
    Question(statement="update hot set a = $1 where id = $2", calls=3),
    Question(statement="update hot set c = $1 where id = $2", calls=1),
    Question(statement="update elsewhere set a = $1", calls=100),
]


@pytest.mark.parametrize(
    ("columns", "more", "updates", "after"),
    [
        (["a"], {}, (), None),
        (["a"], {}, UPDATES, 0.25),
        (["c"], {}, UPDATES, 0.75),
        (["b"], {}, UPDATES, 1.0),
        (["b"], {"where": "a = 1"}, UPDATES, 0.25),
        (["b"], {"include": ("a", "c")}, UPDATES, 0.0),
        (["id"], {"where": "id > 3"}, UPDATES, 1.0),  # the primary key has the column already
    ],
)
def test_the_share_of_hot_updates_falls_with_those_that_touch_the_index(
    engine15, index_on, updated, columns, more, updates, after
):
    question = Question(
        statement=f"select * from hot where {columns[0]} = '17' and a = 1 and id > 3"
    )
    (proof,) = prove(engine15, question, [index_on(*columns, table="hot", **more)], updates=updates)
    cost = proof.write_cost
    assert cost.basis == "estimated"
    before = cost.hot_share_before
    assert before > 0.9
    assert cost.hot_share_after == (after if after is None else pytest.approx(before * after))


def test_a_block_range_index_of_a_new_release_does_not_stop_hot(lab_engine, index_on):
    question = Question(statement="select * from orders where total between 5 and 40")
    (proof,) = prove(lab_engine, question, [index_on("total", method="brin")], methods=["built"])
    if sa.inspect(lab_engine).dialect.server_version_info >= (16,):
        assert proof.write_cost is None or proof.write_cost.hot_columns == ()
