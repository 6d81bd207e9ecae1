import shutil
import tempfile
from pathlib import Path

import mariadb_server
import pytest
import sqlalchemy as sa

from perfkit.errors import PerfkitError, TargetRefused, UsageError
from perfkit.tasks.explain import explain


@pytest.fixture(scope="module")
def engine():
    if mariadb_server.missing():
        pytest.skip("MariaDB is not installed")
    folder = Path(tempfile.mkdtemp(prefix="pkm-"))
    try:
        with mariadb_server.running(folder) as server:
            server.sql("create database shop; use shop; create table t (id int primary key, a int);"
                       "insert into t select seq, seq % 10 from seq_1_to_3000")  # fmt: skip
            url = f"mysql+pymysql://root@localhost/shop?unix_socket={server.socket}"
            engine = sa.create_engine(url, pool_size=1, max_overflow=0)
            yield engine
            engine.dispose()
    finally:
        shutil.rmtree(folder)


def test_a_query_on_mariadb_is_executed_and_measured(engine):
    result = explain("select count(*) from t where a = :a", engine, params={"a": 3}, runs=2)
    assert result.executed
    assert result.question.startswith("MariaDB ")
    assert result.plan.system == "mariadb"
    assert result.totals["runs"] == 2
    assert result.table["self_ms"].notna().any()
    assert result.to_text()


def test_writes_are_planned_unless_asked_for_and_always_undone(engine):
    assert not explain("update t set a = 99", engine).executed
    assert explain("update t set a = 99", engine, analyze_writes=True).executed
    with engine.connect() as connection:
        assert connection.exec_driver_sql("select max(a) from t").scalar() == 9


def test_there_is_no_generic_plan(engine):
    result = explain("select * from t where id = :id", engine, params={"id": 1}, generic=True)
    assert result.generic is None
    assert any("no generic plan" in note for note in result.caveats)


@pytest.mark.parametrize(
    ("sql", "error"),
    [
        ("select get_lock('a', 1)", TargetRefused),
        ("select 1; select 2", UsageError),
        ("drop table t", UsageError),
        ("select * from nowhere", PerfkitError),
    ],
)
def test_what_is_refused_is_one_sentence(engine, sql, error):
    with pytest.raises(error) as caught:
        explain(sql, engine)
    assert "\n" not in caught.value.message


@pytest.mark.parametrize("scheme", ["mysql", "mariadb"])
def test_a_url_without_a_driver_takes_the_one_that_is_installed(scheme):
    with pytest.raises(PerfkitError) as caught:
        explain("select 1", f"{scheme}://root:geheim@127.0.0.1:1/shop")
    assert "geheim" not in str(caught.value)
    assert "URL is not understood" not in caught.value.message
