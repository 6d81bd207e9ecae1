"""Queries that Node.js printed: the files are the output of pg, knex; Prisma's as documented."""

import pytest

from perfkit.formats.orm.node_postgres import FORMAT


def test_executed_queries_of_node_postgres_have_text_duration_and_rows(rows, data_file):
    found = rows(FORMAT, data_file("node_pg.log"))
    assert [row["statement"] for row in found[:4]] == [
        "SELECT 1",
        "SELECT 'it''s' AS a",
        """SELECT $1::text AS "q'd\"""",
        "SELECT *\n    FROM pg_class\n    WHERE relname = 'x'",
    ]
    assert len(found) == 8
    assert all(row["duration_ms"] is not None for row in found)
    assert [row["rows_returned"] for row in found[:5]] == [1, 1, 1, 0, 1]


def test_queries_of_knex_have_bindings_and_no_duration(read, data_file):
    result = read(FORMAT, data_file("knex_event.log"))
    rows = result.tables["queries"].to_pylist()
    assert rows[2]["statement"] == 'insert into "k" ("name") values ($1)'
    assert rows[2]["parameters"] == r"""[ "O'Neil\nline" ]"""
    assert all(row["duration_ms"] is None for row in rows)
    assert [note.kind for note in result.notes] == ["statements_without_duration"]


def test_prisma_events_have_time_and_duration_lines_have_none(rows, data_file):
    line, begin, event = rows(FORMAT, data_file("prisma.log"))
    assert (line["duration_ms"], begin["statement"]) == (None, "BEGIN")
    assert (event["duration_ms"], f"{event['started_at']:%H:%M:%S.%f}") == (7.0, "11:00:00.123000")


def test_long_texts_that_node_divides_into_strings_are_joined(rows):
    data = "executed query {\n  text: 'SELECT 1,\\n' +\n    '  2',\n  duration: 5,\n  rows: 1\n}\n"
    assert rows(FORMAT, data)[0]["statement"] == "SELECT 1,\n  2"


@pytest.mark.parametrize(
    "data",
    [
        b"executed query { text: 'hello', duration: 5 }\n",
        b"{ query: 'SELECT me' }\n",
        b"{\n  a: 1\n}\n",
        b'{"query": "SELECT 1", "duration": 5}\n',
    ],
)
def test_other_objects_are_not_claimed(data):
    assert FORMAT.recognises(data).confidence == 0.0


@pytest.mark.parametrize("name", ["node_pg.log", "knex_event.log", "prisma.log"])
def test_chunks_of_any_size_give_the_same_tables(same_in_chunks, data_file, name):
    same_in_chunks(FORMAT, data_file(name) * 2)
