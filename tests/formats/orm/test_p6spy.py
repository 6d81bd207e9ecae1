"""p6spy's log lines in its own formats and in templates people use."""

import pytest

from perfkit.formats.orm.p6spy import FORMAT

STAMP = 1795258800123
CHINESE = (
    "2026-11-21 11:00:00 | SQL耗时\uff1a 7 ms | 连接信息\uff1a statement-3 | "
    "执行语句\uff1a select 1"
)


def test_the_single_line_format_gives_statement_values_time_and_connection(rows, data_file):
    first, second, batch, logged = rows(FORMAT, data_file("p6spy_single.log"))
    assert (first["statement"], first["parameters"]) == (
        "select a from t where b=?", "select a from t where b='x|y'",
    )  # fmt: skip
    assert (second["statement"], second["parameters"]) == ("select a || 'x' from t", None)
    assert (first["duration_ms"], first["session_id"], first["system"]) == (5.0, "0", "postgresql")
    assert f"{first['started_at']:%H:%M:%S.%f}" == "11:00:00.118000"
    assert (batch["phase"], batch["duration_ms"]) == ("execute", 12.0)
    assert (logged["system"], logged["session_id"]) == ("h2", "7")


def test_the_password_in_a_url_is_nowhere(read, data_file):
    table = read(FORMAT, data_file("p6spy_single.log")).tables["queries"]
    assert "secret" not in str(table.to_pydict())


def test_commits_are_irrelevant(read, data_file):
    assert read(FORMAT, data_file("p6spy_single.log")).irrelevant == 1
    assert read(FORMAT, data_file("p6spy_multi.log")).irrelevant == 3


def test_the_multi_line_format_has_the_statement_and_then_its_values(rows, data_file):
    first, second = rows(FORMAT, data_file("p6spy_multi.log"))
    assert (first["statement"], first["parameters"]) == (
        "select a\nfrom t where b=?", "select a\nfrom t where b='x'",
    )  # fmt: skip
    assert (second["statement"], second["parameters"]) == ("select 2", None)


@pytest.mark.parametrize(
    "line",
    [
        f"{STAMP}|7|statement|connection3|select 1",
        f"{STAMP}|7|statement|connection 3|select 1|select 1",
        CHINESE,
        "2026-11-21 11:00:00 | 7ms | statement | connection 3 | select 1",
        "#now=1795258800123| took 7 ms | statement| connection 3| query=select 1",
        "2026-11-21 11:00:00.100 INFO 1 --- [main] p6spy : | 7 ms | select 1",
        "2026-11-21 11:00:00.100 INFO 1 --- [main] p6spy : 7 ms | select 1",
    ],
)
def test_templates_in_common_use_are_read(rows, line):
    data = f"{line}\n"
    assert FORMAT.recognises(data.encode()).confidence >= 0.9
    (row,) = rows(FORMAT, data)
    assert (row["statement"], row["duration_ms"]) == ("select 1", 7.0)
    assert row["session_id"] in {"3", None}
    assert row["started_at"] is not None


@pytest.mark.parametrize("line", [b"a|1|b\n", b"INFO x : | 7 ms | select 1\n", b"1|2|3|4\n"])
def test_other_logs_are_not_claimed(line):
    assert FORMAT.recognises(line).confidence == 0.0


@pytest.mark.parametrize("name", ["p6spy_single.log", "p6spy_multi.log"])
def test_chunks_of_any_size_give_the_same_tables(same_in_chunks, data_file, name):
    same_in_chunks(FORMAT, data_file(name) * 2)
