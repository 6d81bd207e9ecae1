"""Rotated logs: in order, stitched where a record was cut, numbered file by file."""

import gzip

import pytest

from perfkit.ingest.load import load


def names(rec):
    return [source.name.rsplit("/", 1)[1] for source in rec.inputs]


@pytest.mark.parametrize(
    "given",
    [
        ["pg.log", "pg.log.1", "pg.log.2.gz", "pg.log.10"],
        ["pg.log", "pg.log-20261121", "pg.log-20261120.gz", "pg.log-20251231"],
        ["pg.log", "pg-2026-11-21_0100.log", "pg-2026-11-21_0000.log", "pg-2026-11-20_2300.log"],
    ],
)
def test_rotated_files_are_read_oldest_first(tmp_path, log, given):
    for name in given:
        data = gzip.compress(log) if name.endswith(".gz") else log
        (tmp_path / name).write_bytes(data)
    assert names(load(tmp_path)) == given[::-1]
    assert names(load(*[tmp_path / name for name in given])) == given[::-1]


def test_other_logs_keep_the_order_in_which_they_were_named(tmp_path, log):
    for name in ("b.log", "a.log", "c.log"):
        (tmp_path / name).write_bytes(log)
    rec = load(tmp_path / "b.log", tmp_path / "a.log", tmp_path / "c.log")
    assert names(rec) == ["b.log", "a.log", "c.log"]


MULTI = (
    b"2026-11-21 02:00:00.000 UTC [7] u@d/app LOG:  duration: 1.000 ms  statement: select 1,\n"
    b"\t  2 -- two\n"
    b"\tfrom t\n"
    b'2026-11-21 02:00:01.000 UTC [7] u@d/app ERROR:  relation "x" does not exist\n'
    b"2026-11-21 02:00:01.000 UTC [7] u@d/app STATEMENT:  select * from x\n"
)


ROWS = b"".join(
    b'2026-11-21 02:00:0%d.000 UTC,"u","d",7,"[local]",6b010304.2e24,%d,"SELECT",'
    b'2026-11-21 02:00:00 UTC,3/1,0,%s,,,,,,%s,,,"app","client backend",,0\n' % row
    for row in [
        (0, 1, b'LOG,00000,"duration: 1.000 ms  statement: select 1,\n  ""two""\n\nfrom t"', b""),
        (1, 2, b'ERROR,42P01,"relation ""x"" does not exist"', b'"select *\nfrom x"'),
    ]
)
OBJECTS = b"".join(
    b'{"timestamp":"2026-11-21 02:00:0%d.000 UTC","user":"u","dbname":"d","pid":7,'
    b'"session_id":"6b010304.2e24","line_num":%d,%s}\n' % row
    for row in [
        (0, 1, b'"error_severity":"LOG","message":"duration: 1.0 ms  statement: select {\\n1}"'),
        (1, 2, b'"error_severity":"ERROR","state_code":"42P01","message":"no x","statement":"x"'),
    ]
)
#: Such as CloudNativePG writes: a line that is cut may still begin with a brace.
NESTED = b"".join(
    b'{"level":"info","logger":"postgres","record":{"log_time":"2026-11-21 02:00:0%d.000 UTC",'
    b'"user_name":"u","database_name":"d","process_id":"7","session_id":"6b01.2e",'
    b'"error_severity":"LOG","message":"duration: 1.0 ms  statement: select %d"}}\n' % (n, n)
    for n in range(2)
)


def split(tmp_path, whole, at):
    """Load a log as one file, and as two: the second begins at a place."""
    (tmp_path / "r").mkdir()
    (tmp_path / "whole.log").write_bytes(whole)
    (tmp_path / "r" / "pg.log.1").write_bytes(whole[:at])
    (tmp_path / "r" / "pg.log").write_bytes(whole[at:])
    return load(tmp_path / "whole.log"), load(tmp_path / "r")


def assert_same_rows(one, two):
    for name in one.contents:
        found = two.arrow(name).drop_columns(["source", "line"]).to_pylist()
        assert found == one.arrow(name).drop_columns(["source", "line"]).to_pylist()


PLACES = [
    *((MULTI, place) for place in [0, 5, 30, 85, 89, 92, 100, 112, 118, 150, 195, 240]),
    *((ROWS, place) for place in [0, 1, 24, 60, 165, 172, 181, 182, 200, 235, 300, 380, 425]),
    *((OBJECTS, place) for place in [0, 1, 2, 30, 170, 185, 186, 300, len(OBJECTS) - 1]),
    *((NESTED, place) for place in [0, 40, NESTED.index(b'{"log_time'), 100, 240]),
]


@pytest.mark.parametrize(("part", "place"), PLACES)
def test_a_record_cut_by_rotation_is_whole_again(tmp_path, part, place):
    whole = part * 20
    at = len(part) * 9 + place
    one, two = split(tmp_path, whole, at)
    assert_same_rows(one, two)
    assert not two.rejects
    (alone,), both = one.inputs, two.inputs
    for count in ("lines", "used", "irrelevant"):
        assert sum(getattr(source, count) for source in both) == getattr(alone, count)
    queries = [row for row in two.arrow("queries").to_pylist() if row["source"] == 1]
    for row in (queries[0], queries[-1]):
        assert b"duration: 1" in whole[at:].split(b"\n")[row["line"] - 1]


@pytest.mark.parametrize("part", [MULTI, ROWS, OBJECTS])
@pytest.mark.parametrize("before", [b"", b"\n", b"\n\n"])
def test_a_file_that_begins_with_blank_lines_is_read_like_any(tmp_path, part, before):
    one, two = split(tmp_path, part * 9 + before + part * 9, len(part) * 9)
    assert_same_rows(one, two)
    assert not two.rejects
    assert [source.used for source in two.inputs] == [part.count(b"\n") * 9] * 2


@pytest.mark.parametrize("part", [MULTI, ROWS, OBJECTS])
def test_the_second_file_is_read_when_the_end_of_the_first_was_lost(tmp_path, part):
    (tmp_path / "pg.log.1").write_bytes((part * 9)[:-25])
    (tmp_path / "pg.log").write_bytes(part * 9)
    rec = load(tmp_path)
    queries = rec.arrow("queries").to_pylist()
    assert [row["source"] for row in queries] == [0] * 9 + [1] * 9
    assert [bad.source for bad in rec.rejects] == [0]
    assert rec.inputs[1].used == 9 * part.count(b"\n")


def test_what_holds_at_the_end_of_a_file_holds_in_the_next(tmp_path):
    rows = [
        b"# Time: 2026-11-21T02:00:%02d.000000Z\n# User@Host: app[app] @ localhost []  Id:    5\n"
        b"# Query_time: 0.001000  Lock_time: 0.000000 Rows_sent: 1  Rows_examined: 1\n%s"
        b"SET timestamp=%d;\nselect %d;\n"
        % (n, b"use shop;\n" if n == 0 else b"", 1795226400 + n, n)
        for n in range(20)
    ]
    (tmp_path / "slow.log.1").write_bytes(b"".join(rows[:10]))
    (tmp_path / "slow.log").write_bytes(b"".join(rows[10:]))
    assert set(load(tmp_path).arrow("queries")["database"].to_pylist()) == {"shop"}
