"""TypeORM's log: files that TypeORM wrote."""

import pytest

from perfkit.formats.orm.typeorm import FORMAT

FILES = ["typeorm_console.log", "typeorm_file.log"]


@pytest.mark.parametrize("name", FILES)
def test_a_slow_statement_gives_its_row_a_duration(rows, data_file, name):
    slow = [row for row in rows(FORMAT, data_file(name)) if "pg_sleep" in row["statement"]]
    assert len(slow) == 1
    assert 50 <= slow[0]["duration_ms"] < 100
    assert (slow[0]["statement"], slow[0]["parameters"]) == (
        "SELECT pg_sleep(0.05), $1::int", "[7]",
    )  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_others_have_parameters_and_no_duration(read, data_file, name):
    result = read(FORMAT, data_file(name))
    rows = result.tables["queries"].to_pylist()
    assert sum(row["duration_ms"] is not None for row in rows) == 1
    assert [r["parameters"] for r in rows if '"User"."id" AS' in r["statement"]] == ["[1]", '["x"]']
    assert rows[-1]["statement"] == "SELECT 1\n  AS a"
    assert "statements_without_duration" in {note.kind for note in result.notes}


def test_a_failed_statement_is_counted_once(rows, data_file):
    found = rows(FORMAT, data_file("typeorm_console.log"))
    assert sum(row["statement"] == "SELECT nope" for row in found) == 1


@pytest.mark.parametrize("name", FILES)
def test_chunks_of_any_size_give_the_same_tables(same_in_chunks, data_file, name):
    same_in_chunks(FORMAT, data_file(name) * 2)


@pytest.mark.parametrize(
    "line", [b"query: what is this\n", b"execution time: 5\n", b"a query: SELECT 1\n"]
)
def test_other_logs_are_not_claimed(line):
    assert FORMAT.recognises(line).confidence == 0.0
