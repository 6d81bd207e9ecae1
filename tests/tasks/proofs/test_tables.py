import pytest

from perfkit.errors import UsageError
from perfkit.plans.read import read_plan
from perfkit.probes.session import rolled_back
from perfkit.tasks.proofs.tables import named_table, tables_of


@pytest.fixture
def connection(lab_engine):
    with rolled_back("test", lab_engine, timeout_s=20, read_only=False) as connection:
        yield connection


def test_a_table_is_found_by_its_name_with_rows_bytes_and_columns(connection, index_on):
    table = named_table(connection, index_on("a"))
    assert (table.schema, table.name, table.partitioned) == ("public", "orders", False)
    assert table.rows == 40_000
    assert table.size_bytes > 4_000_000
    assert table.columns(connection)[-1] == "double_total"
    assert "double_total" not in table.columns(connection, generated=False)
    assert table.foreign(connection) == {"user_id"}
    assert table.indexed(connection, number=180000) == {"id"}
    assert named_table(connection, index_on("a", schema=None)) == table


def test_a_table_that_is_not_there_is_an_error(connection, index_on):
    with pytest.raises(UsageError, match="no table 'n\"o'"):
        named_table(connection, index_on("a", table='n"o'))


def test_columns_in_any_part_of_an_index_are_indexed(connection, index_on):
    connection.exec_driver_sql(
        "create index on orders (lower(note)) include (total) where status = 'x'"
    )
    connection.exec_driver_sql("create index on orders using brin (created_at)")
    table = named_table(connection, index_on("a"))
    parts = {"id", "note", "total", "status"}
    assert table.indexed(connection, number=180000) == parts
    assert table.indexed(connection, number=150000) == parts | {"created_at"}


def test_a_plan_that_reads_partitions_reads_the_partitioned_table(connection):
    for sql in (
        "create table whole (a int) partition by list (a)",
        "create table part partition of whole for values in (1) partition by list (a)",
        "create table leaf partition of part for values in (1)",
        "insert into whole select 1 from generate_series(1, 1000)",
        "analyze whole",
        "analyze leaf",
    ):
        connection.exec_driver_sql(sql)
    scans = [
        {"Node Type": "Seq Scan", "Schema": "public", "Relation Name": name}
        for name in ("leaf", "orders", "orders")
    ]
    plan = read_plan([{"Plan": {"Node Type": "Append", "Plans": scans}}])
    found = {table.name: table for table in tables_of(connection, plan)}
    assert set(found) == {"whole", "orders"}
    assert found["whole"].partitioned
    assert found["whole"].rows == 1000
    assert found["whole"].size_bytes > 0
