import pytest
import sqlalchemy as sa

from perfkit.errors import TargetRefused
from perfkit.probes.session import rolled_back
from perfkit.tasks.proofs import Question, prove
from perfkit.tasks.proofs.hypothetical import extension, schema_of_hypopg

BY_USER = Question(statement="select * from orders where user_id = 42")


def hypothetical(engine, candidate, question=BY_USER):
    (proof,) = prove(engine, question, [candidate], methods=["hypopg"])
    return proof


def test_where_it_is_not_installed_it_is_said_how_to(lab_engine, engine15, index_on):
    proof = hypothetical(lab_engine, index_on("user_id"))
    assert "HypoPG is not installed in this database: the server does not have it" in proof.refused
    other = sa.create_engine(engine15.url.set(database="template1"), poolclass=sa.pool.NullPool)
    with rolled_back("test", other, timeout_s=5) as connection:
        assert extension(connection) == (None, None, True)
        with pytest.raises(TargetRefused, match="CREATE EXTENSION hypopg"):
            schema_of_hypopg(connection)
        assert connection.exec_driver_sql("show transaction_read_only").scalar() == "on"
    other.dispose()


def test_what_somebody_else_tries_in_the_session_stays(engine15, index_on):
    with engine15.connect() as connection:
        made = connection.exec_driver_sql(
            'select indexrelid from "Hypo:x %%s".hypopg_create_index'
            "('create index on users (name)')"
        ).scalar()
        connection.rollback()
    assert hypothetical(engine15, index_on("user_id")).verdict == "helps"
    with engine15.connect() as connection:
        listed = connection.exec_driver_sql('select indexrelid from "Hypo:x %%s".hypopg()')
        assert listed.scalars().all() == [made]
        connection.exec_driver_sql(f'select "Hypo:x %%s".hypopg_drop_index({made})')
        connection.rollback()


def test_it_works_where_hypothetical_indexes_are_switched_off(engine15, index_on, nothing_left):
    with nothing_left(engine15):
        with engine15.connect() as connection:
            connection.exec_driver_sql("set hypopg.enabled = off")
            connection.commit()
        assert hypothetical(engine15, index_on("user_id")).verdict == "helps"
        with engine15.connect() as connection:
            assert connection.exec_driver_sql("show hypopg.enabled").scalar() == "off"
            connection.exec_driver_sql("reset hypopg.enabled")
            connection.commit()


@pytest.mark.parametrize(
    ("more", "columns", "why"),
    [
        ({"method": "gin"}, ["note"], "not supported"),
        ({}, ["nothing"], "does not exist"),
        ({"table": "nowhere"}, ["a"], "nowhere"),
    ],
)
def test_what_it_cannot_try_is_refused_and_leaves_nothing(
    engine15, index_on, nothing_left, more, columns, why
):
    with nothing_left(engine15):
        proof = hypothetical(engine15, index_on(*columns, **more))
    assert proof.verdict == "not proven"
    assert why in proof.refused


def test_a_partial_index_is_found_for_its_value_and_not_for_another(engine15, index_on):
    partial = index_on("user_id", where="status = 'pending'")
    for status, verdict in (("pending", "helps"), ("paid", "not used")):
        question = Question(
            statement="select * from orders where user_id = $1 and status = $2",
            values=[42, status],
        )
        assert hypothetical(engine15, partial, question).verdict == verdict


def test_two_indexes_of_which_each_is_of_no_use_alone(engine15, index_on):
    question = Question(statement="select * from orders where user_id = 42 or total = 7")
    assert hypothetical(engine15, index_on("user_id"), question).verdict == "not used"
    both = index_on("user_id", companions=(index_on("total"),))
    assert hypothetical(engine15, both, question).verdict == "helps"
