import pytest
import sqlalchemy as sa

from perfkit.plans.candidates import Candidate
from perfkit.plans.conditions import SortKey
from perfkit.plans.facts import Partition
from perfkit.tasks.audit.names import built, names_of
from perfkit.tasks.audit.one_line import lines

PLAIN = Candidate(schema="public", table="orders", keys=(SortKey(column="total"),))


def run(engine, statements):
    with engine.connect() as connection:
        for each in statements:
            for line in lines(each):
                connection.exec_driver_sql(line, execution_options={"no_parameters": True})


def test_the_names_of_partitions_count():
    leaf = Partition(schema="s", name="t_1_a", parts=())
    inner = Partition(schema="s", name="t_1", parts=(leaf,))
    candidate = Candidate(schema="s", table="t", keys=(SortKey(column="a"),), partitions=(inner,))
    assert names_of(candidate) == {"t_a_idx", "t_1_a_idx", "t_1_a_a_idx"}


def test_an_invalid_leftover_of_the_same_name_is_an_error_and_not_passed_over(audited):
    engine = audited()
    run(engine, built(PLAIN))
    run(engine, built(PLAIN))  # a second time nothing happens
    invalid = (
        "update pg_index set indisvalid = false where indexrelid = 'orders_total_idx'::regclass"
    )
    run(engine, [invalid])
    with pytest.raises(sa.exc.DBAPIError, match="division by zero"):
        run(engine, built(PLAIN))


def test_a_table_of_that_name_is_no_index(audited):
    engine = audited("create table orders_total_idx (a int)")
    with pytest.raises(sa.exc.DBAPIError, match="division by zero"):
        run(engine, built(PLAIN))


def test_hostile_names_are_checked_too(audited):
    engine = audited('create table "o\'n\ne""; --" (a int)')
    hostile = Candidate(schema="public", table="o'n\ne\"; --", keys=(SortKey(column="a"),))
    run(engine, built(hostile))
    run(engine, [hostile.undo])
    with pytest.raises(sa.exc.DBAPIError, match="division by zero"):
        run(engine, built(hostile)[-1:])
