import pyarrow as pa

from perfkit.formats.requests.apps.told import joined, told

LINES = pa.array(
    [
        "noise",
        "[1] [INFO] Booting worker with pid: 7",
        "GET /a 200 5 - 1.5 ms",
        "INFO:     Started server process [8]",
    ]
)


def test_tables_are_in_the_order_of_the_lines_and_say_which_lines_they_used():
    found = told(LINES, None)
    assert found.rows.tolist() == [1, 2, 3]
    assert found.tables["events"]["line"].to_pylist() == [2, 4]
    assert found.tables["requests"]["line"].to_pylist() == [3]
    assert (found.without_duration, found.untimed) == ((), ("morgan tiny",))
    assert [note.kind for note in found.notes(None)] == ["times_unknown"]


def test_parts_are_joined_in_the_order_of_their_lines():
    first, second = told(LINES, None).tables, told(LINES.slice(2), None).tables
    whole = joined([second, first, {}])
    assert whole["events"]["line"].to_pylist() == [2, 2, 4]
    assert joined([]) == {}


def test_no_lines_tell_nothing():
    found = told(pa.array([], pa.string()), "Europe/Berlin")
    assert (found.tables, len(found.rows), found.notes(None)) == ({}, 0, [])
