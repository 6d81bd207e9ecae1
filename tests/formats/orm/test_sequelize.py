"""Sequelize's log: files that Sequelize wrote with each of its settings."""

import pytest

from perfkit.formats.orm.sequelize import FORMAT

FILES = ["bench", "plain", "debug", "fn", "params"]


@pytest.mark.parametrize("name", FILES)
def test_the_same_statements_are_read_whatever_the_setting(rows, data_file, name):
    found = rows(FORMAT, data_file(f"sequelize_{name}.log"))
    assert len(found) == 13
    assert [row["statement"].split()[0] for row in found] == [
        "DROP", "CREATE", "SELECT", "INSERT", "INSERT", "SELECT", "SELECT", "SELECT", "START",
        "SELECT", "UPDATE", "COMMIT" if name in {"bench", "params"} else "COMMIT;", "SELECT",
    ]  # fmt: skip
    assert found[12]["statement"] == 'SELECT *\n  FROM "Users"\n  WHERE id > 1'
    assert len({row["fingerprint_id"] for row in found[5:8]}) == 1
    transaction = {row["session_id"] for row in found[8:12]}
    assert len(transaction) == 1
    assert transaction != {None}
    assert found[0]["session_id"] is None


@pytest.mark.parametrize("name", ["bench", "debug", "fn", "params"])
def test_executed_statements_have_durations(rows, data_file, name):
    found = rows(FORMAT, data_file(f"sequelize_{name}.log"))
    assert all(0 <= row["duration_ms"] < 1000 for row in found)
    assert {row["duration_kind"] for row in found} == {"client"}
    assert sum(row["duration_ms"] for row in found) > 0


def test_executing_has_no_duration_and_a_note_says_how_to_get_one(read, data_file):
    result = read(FORMAT, data_file("sequelize_plain.log"))
    assert result.tables["queries"]["duration_ms"].null_count == 13
    assert "benchmark: true" in str(result.notes[0])


def test_logged_parameters_are_parameters(rows, data_file):
    found = rows(FORMAT, data_file("sequelize_params.log"))
    assert (found[10]["statement"], found[10]["parameters"]) == (
        'UPDATE "Users" SET "name"=$1 WHERE "id" = $2', '"x", 1',
    )  # fmt: skip


def test_a_limit_at_the_end_is_no_duration(rows):
    (row,) = rows(FORMAT, "Executing (default): SELECT 1 FROM t LIMIT 5\n")
    assert (row["statement"], row["duration_ms"]) == ("SELECT 1 FROM t LIMIT 5", None)


@pytest.mark.parametrize("name", FILES)
def test_chunks_of_any_size_give_the_same_tables(same_in_chunks, data_file, name):
    same_in_chunks(FORMAT, data_file(f"sequelize_{name}.log"))
