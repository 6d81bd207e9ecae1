import pytest

from perfkit.tasks.proofs import Question, prove, sample
from perfkit.tasks.proofs.sample import share_of
from perfkit.tasks.proofs.tables import Table

BY_USER = ["user_id", "status", "created_at DESC"]
JOIN = (
    "select u.name, o.total from users u join orders o on o.user_id = u.id "
    "where u.email = 'user77@shop.example'"
)


@pytest.fixture
def small(monkeypatch):
    """Let 4,000 rows be a whole sample: a tenth of the orders, all of the users."""
    monkeypatch.setattr(sample, "SAMPLE_ROWS", 4000)


def sampled(engine, sql, candidate, **more):
    (proof,) = prove(engine, Question(statement=sql), [candidate], methods=["sample"], **more)
    return proof


def test_keys_are_kept_whole_so_that_blocks_stay_what_they_are(
    lab_engine, search, index_on, small, nothing_left
):
    with nothing_left(lab_engine):
        proof = sampled(lab_engine, search, index_on(*BY_USER))
        (whole,) = prove(
            lab_engine, Question(statement=search), [index_on(*BY_USER)], methods=["built"]
        )
    assert proof.verdict == "helps"
    assert 0.07 < proof.share < 0.13
    assert proof.after_blocks == pytest.approx(whole.after_blocks, abs=2)
    assert proof.before_blocks == pytest.approx(proof.share * whole.before_blocks, rel=0.1)
    assert proof.size_bytes == pytest.approx(whole.size_bytes, rel=0.2)
    assert (proof.before_ms, proof.after_ms) == (None, None)
    assert "sample of" in proof.size_basis
    assert "sample of" in proof.notes[0]


@pytest.mark.parametrize(
    "sql",
    [
        "select * from public.orders where public.orders.user_id = 42 limit 20",
        'select * from public . "orders" o where o.user_id = 42 limit 20',
        "select * from orders as public where public.user_id = 42 limit 20",
        "with orders2 as (select * from orders where user_id = 42) select * from orders2",
        "select 'public.orders', o.* from orders o where user_id = $1 and status = $2 limit $3",
        JOIN,
        JOIN.replace("users u", "public.users u"),
    ],
)
def test_statements_are_pointed_at_the_copies(lab_engine, index_on, small, nothing_left, sql):
    with nothing_left(lab_engine):
        proof = sampled(lab_engine, sql, index_on("user_id"))
    assert proof.refused == ""
    assert proof.verdict == "helps"
    schemas = {node.text("Schema") for node in proof.plan_after.tree} - {None}
    assert len(schemas) == 1
    assert schemas.pop().startswith("perfkit_proof_")


def test_both_sides_of_a_join_are_sampled_by_the_same_keys(lab_engine, index_on, monkeypatch):
    """Users are too many as well: the one of the example has to be in the sample."""
    monkeypatch.setattr(sample, "SAMPLE_ROWS", 1000)
    proof = sampled(lab_engine, JOIN, index_on("user_id"))
    assert proof.refused == ""
    (joined,) = {node.number("Actual Rows") for node in proof.plan_after.tree[:1]}
    assert joined == 20


@pytest.mark.parametrize(
    ("sql", "columns", "why"),
    [
        ("select * from orders where total between 5 and 9", ["total"], "no keys to keep whole"),
        ("select * from orders where status = 'done' and total < 9", ["status"],
         "holds too many rows"),
        ("select * from orders o join users u on u.email = o.note where o.user_id = 3",
         ["user_id"], "users is too large to copy and is not joined by user_id"),
        ("select * from by_user where user_id = 42", ["user_id"], "through a view"),
    ],
)  # fmt: skip
def test_what_cannot_be_sampled_is_said(
    lab_engine, index_on, monkeypatch, nothing_left, sql, columns, why
):
    monkeypatch.setattr(sample, "SAMPLE_ROWS", 1000)
    with lab_engine.connect() as connection:
        connection.exec_driver_sql("create view by_user as select * from orders")
        connection.commit()
    try:
        with nothing_left(lab_engine):
            proof = sampled(lab_engine, sql, index_on(*columns))
    finally:
        with lab_engine.connect() as connection:
            connection.exec_driver_sql("drop view by_user")
            connection.commit()
    assert proof.verdict == "not proven"
    assert why in proof.refused


def test_a_role_without_a_schema_of_its_own_samples_in_temporary_tables(
    lab_engine, as_role, index_on, search, nothing_left
):
    reader = as_role(lab_engine, "p6 reader")
    with lab_engine.connect() as connection:
        connection.exec_driver_sql('grant temporary on database perfkit_proofs to "p6 reader"')
        connection.commit()
    try:
        with nothing_left(lab_engine):
            proof = sampled(reader, search, index_on(*BY_USER))
    finally:
        with lab_engine.connect() as connection:
            connection.exec_driver_sql(
                'revoke temporary on database perfkit_proofs from "p6 reader"'
            )
            connection.commit()
    assert proof.verdict == "helps"
    assert "Temporary tables have no parallel plans." in proof.notes
    assert proof.write_cost.wal_basis == "estimated"


def test_a_role_that_may_create_samples_tables_that_it_does_not_own(
    engine15, as_role, index_on, search, nothing_left
):
    with nothing_left(engine15):
        proof = sampled(as_role(engine15, "p6 writer"), search, index_on(*BY_USER), sample=True)
    assert proof.verdict == "helps"


def test_a_table_that_may_not_be_read_is_not_sampled(engine15, as_role, index_on, nothing_left):
    with engine15.connect() as connection:
        connection.exec_driver_sql("create table secret as select * from orders limit 10")
        connection.commit()
    try:
        with nothing_left(engine15):
            proof = sampled(
                as_role(engine15, "p6 writer"), "select * from secret where user_id = 1",
                index_on("user_id", table="secret"), sample=True,
            )  # fmt: skip
    finally:
        with engine15.connect() as connection:
            connection.exec_driver_sql("drop table secret")
            connection.commit()
    assert "permission denied" in proof.refused


@pytest.mark.parametrize(
    ("rows", "size", "share"),
    [(0, 0, 1.0), (100, 10_000, 1.0), (2_000_000, 10_000, 0.1), (100, 2**30, 0.125)],
)
def test_a_sample_is_bounded_by_rows_and_bytes(rows, size, share):
    table = Table(oid=1, schema="s", name="t", partitioned=False, rows=float(rows), size_bytes=size)
    assert share_of(table) == pytest.approx(share)


def test_what_a_sample_is_too_small_to_show_is_not_called_useless(lab_engine, index_on, small):
    """The key has fewer rows than a page of the table, yet a tenth of it is read as fast."""
    rare = "select * from orders where user_id = 42 and md5(note) <> '' and total > 0"
    proof = sampled(lab_engine, rare, index_on("note", "user_id"))
    assert proof.verdict == "not proven"
    assert "On the sample the index is not used; the table is" in proof.notes[-1]
    assert proof.plan_after is not None
    (proof,) = prove(lab_engine, Question(statement=rare), [index_on("note", "user_id")])
    assert (proof.method, proof.verdict) == ("built", "not used")
