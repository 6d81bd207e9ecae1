"""Hibernate's loggers, show_sql, slow queries and session metrics."""

import pytest

from perfkit.formats.orm.hibernate import FORMAT

LOGGED = (
    "2026-11-21 11:00:00.026 INFO 1 --- [main] org.hibernate.SQL_SLOW : SlowQuery: 26 "
    "milliseconds. SQL: 'HikariProxyPreparedStatement@1a2b wrapping select a from t where b=5'"
)


def test_a_statement_written_twice_is_counted_once_with_values_and_duration(read, data_file):
    result = read(FORMAT, data_file("hibernate.log"))
    select, insert = result.tables["queries"].to_pylist()
    assert select["fingerprint"] == "select u1_0.id, u1_0.name from users u1_0 where u1_0.id = ?"
    assert (select["duration_ms"], select["parameters"]) == (26.0, "(1:BIGINT) <- [7]")
    assert select["session_id"] == "nio-8080-exec-1"
    assert f"{select['started_at']:%H:%M:%S.%f}" == "11:00:00.123000"
    assert insert["duration_ms"] is None
    kinds = {note.kind for note in result.notes}
    assert {"duplicated_lines", "statements_without_duration"} <= kinds


def test_session_metrics_are_metrics_in_milliseconds(rows, data_file):
    found = rows(FORMAT, data_file("hibernate.log"), table="metrics")
    values = {row["name"]: (row["value"], row["unit"]) for row in found}
    assert len(found) == 20
    assert values["hibernate.session.executing_jdbc_statements.time"] == (2.501, "ms")
    assert values["hibernate.session.executing_jdbc_statements.count"] == (3.0, "1")


@pytest.mark.parametrize(
    "line",
    [
        "SlowQuery: 26 milliseconds. SQL: 'select a from t where b=5'",
        "Slow query took 26 milliseconds [select a from t where b=5]",
        LOGGED,
    ],
)
def test_a_slow_query_alone_is_a_row(rows, line):
    (row,) = rows(FORMAT, f"{line}\n")
    assert (row["statement"], row["duration_ms"]) == ("select a from t where b=5", 26.0)


def test_formatted_statements_end_where_their_lines_are_not_indented(rows):
    data = "Hibernate: \n    select\n        1\nHibernate: select 2\nHello\n    world\n"
    assert [row["statement"] for row in rows(FORMAT, data)] == ["select\n        1", "select 2"]


def test_values_of_hibernate_5_are_bound_too(rows):
    data = (
        "Hibernate: select a from t where b=? and c=?\n"
        "TRACE o.h.t.descriptor.sql.BasicBinder - binding parameter [1] as [VARCHAR] - [x]\n"
        "TRACE o.h.t.descriptor.sql.BasicBinder - binding parameter [2] as [BIGINT] - [7]\n"
    )
    (row,) = rows(FORMAT, data)
    assert row["parameters"] == "[1] as [VARCHAR] - [x], [2] as [BIGINT] - [7]"


@pytest.mark.parametrize("times", [1, 3])
def test_chunks_of_any_size_give_the_same_tables(same_in_chunks, data_file, times):
    same_in_chunks(FORMAT, data_file("hibernate.log") * times)


@pytest.mark.parametrize("line", [b"HHH000204: Processing\n", b"INFO Hibernate is slow\n", b""])
def test_other_logs_are_not_claimed(line):
    assert FORMAT.recognises(line).confidence == 0.0
