import pytest
import sqlalchemy as sa

from perfkit.probes.column_stats import ColumnStats, column_stats


@pytest.mark.parametrize(
    ("distinct", "rows", "expected"), [(5.0, 100, 5), (-0.5, 100, 50), (-1.0, 7, 7), (0.0, 9, 0)]
)
def test_a_negative_number_of_distinct_values_is_a_share_of_the_rows(distinct, rows, expected):
    assert ColumnStats("a", distinct, None, None).estimate(rows) == expected


@pytest.mark.parametrize(
    ("common", "bounds", "typical", "middle"),
    [
        (["paid", "done"], None, "paid", "done"),
        (None, ["1", "50", "99"], "50", "50"),
        (["7"], ["1", "50", "99"], "7", "50"),
        ([], [], None, None),
        (None, None, None, None),
    ],
)
def test_typical_is_frequent_and_middle_is_the_median(common, bounds, typical, middle):
    stats = ColumnStats("a", 1.0, common, bounds)
    assert (stats.typical(), stats.middle()) == (typical, middle)


@pytest.fixture(scope="module")
def connection(postgres):
    engine = sa.create_engine(postgres.url("postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(
            'drop table if exists "Od""d"; create table "Od""d" ("A b" text, n int, j json);'
            'insert into "Od""d" '
            "select case when i % 4 = 0 then 'x,{y}' else 'v' || i end, i, '{}'"
            ' from generate_series(1, 2000) i; analyze "Od""d"'.replace("%", "%%")
        )
        yield connection
        connection.exec_driver_sql('drop table "Od""d"')
    engine.dispose()


def test_the_servers_statistics_are_read_for_any_name(connection):
    known = column_stats(connection, "public", 'Od"d')
    assert known["n"].estimate(2000) == pytest.approx(2000)
    assert 500 < int(known["n"].middle()) < 1500
    assert known["A b"].typical() == "x,{y}"  # an array element with its own comma and braces
    assert known["n"].common is None


@pytest.mark.parametrize("table", ["nowhere", "x' or '1'='1"])
def test_a_table_that_is_not_there_has_no_statistics(connection, table):
    assert column_stats(connection, "public", table) == {}
