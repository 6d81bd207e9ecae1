import pytest

from perfkit.errors import TargetRefused
from perfkit.probes.session import rolled_back
from perfkit.tasks.proofs.scratch import Scratch, scratch, unique_name


def test_whoever_may_create_gets_a_schema_that_goes_with_the_transaction(lab_engine, nothing_left):
    writing = rolled_back("test", lab_engine, timeout_s=5, read_only=False)
    with nothing_left(lab_engine), writing as connection:
        place = scratch(connection)
        connection.exec_driver_sql(f"create table {place.table('a b')} (i int)")
        assert not place.temporary


def test_whoever_may_not_is_told(lab_engine, as_role):
    reader = as_role(lab_engine, "p6 reader")
    writing = rolled_back("test", reader, timeout_s=5, read_only=False)
    with writing as connection, pytest.raises(TargetRefused, match="may not create tables"):
        scratch(connection)


def test_names_are_quoted_and_never_the_same():
    assert Scratch(schema="pg_temp", temporary=True).table('x"y') == 'pg_temp."x""y"'
    assert len({unique_name() for _ in range(100)}) == 100
