from dataclasses import replace

import pytest
import sqlalchemy as sa

from perfkit.probes.generic_plan import generic_plan
from perfkit.probes.server import identify
from perfkit.probes.session import rolled_back


@pytest.fixture(scope="module")
def engine(postgres):
    engine = sa.create_engine(postgres.url("postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(
            "drop table if exists generic; create table generic (id int primary key, a text);"
            "insert into generic select i, 'a' || i from generate_series(1, 1000) i"
        )
        yield engine
        connection.exec_driver_sql("drop table generic")
    engine.dispose()


@pytest.fixture
def plan(engine):
    def ask(sql, **facts):
        with rolled_back("test", engine, timeout_s=10) as connection:
            found = generic_plan(connection, replace(identify(connection), **facts), sql)
            # the transaction is whole whatever happened
            assert connection.exec_driver_sql("select 1").scalar() == 1
            left = "select count(*) from pg_prepared_statements where name like 'perfkit%%'"
            assert connection.exec_driver_sql(left).scalar() == 0
        return found

    return ask


@pytest.mark.parametrize("number", [180_000, 150_000])
@pytest.mark.parametrize(
    "sql",
    [
        "select * from generic where id = $1",
        "select * from generic where a like 'x%' and id = $1 limit $2;",
        "select 5 % 3, ':no;' from generic where id = $1",
        "update generic set a = $1 where id = $2",
        "with s as (select * from generic) select count(*) from s where a = $1::text",
    ],
)
def test_a_normalised_statement_has_a_plan_on_new_and_old_releases(plan, number, sql):
    found = plan(sql, number=number)
    assert not found.analyzed
    assert any(node.relation == "generic" for node in found.tree)


@pytest.mark.parametrize("number", [180_000, 150_000])
@pytest.mark.parametrize(
    "sql",
    [
        "vacuum generic", "select * from nowhere", "select * from generic where a = ",
        "select 1; drop table generic", "", "select 'cut off", "set work_mem = '1GB'",
    ],
)  # fmt: skip
def test_what_has_no_plan_is_none_and_harms_nothing(plan, sql, number):
    assert plan(sql, number=number) is None


def test_the_drivers_setting_comes_back(engine):
    with rolled_back("test", engine, timeout_s=10) as connection:
        driver = connection.connection.driver_connection
        before = driver.cursor_factory
        generic_plan(connection, identify(connection), "select * from nowhere")
        assert driver.cursor_factory is before
