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


@pytest.mark.parametrize("place", [5, 30, 89, 92, 100, 112, 118, 150, 195])
def test_a_record_cut_by_rotation_is_whole_again(tmp_path, place):
    whole = MULTI * 20
    at = len(MULTI) * 9 + place
    (tmp_path / "whole.log").write_bytes(whole)
    for folder, name, data in (("r", "pg.log.1", whole[:at]), ("r", "pg.log", whole[at:])):
        (tmp_path / folder).mkdir(exist_ok=True)
        (tmp_path / folder / name).write_bytes(data)
    one, two = load(tmp_path / "whole.log"), load(tmp_path / "r")
    for name in ("queries", "events"):
        found = two.arrow(name).drop_columns(["source", "line"]).to_pylist()
        expected = one.arrow(name).drop_columns(["source", "line"]).to_pylist()
        assert found == expected
    assert not two.rejects
    lines = [source.lines for source in two.inputs]
    assert sum(lines) == 100 + (whole[at - 1 : at] != b"\n")
    queries = two.arrow("queries")
    last = [row for row in queries.to_pylist() if row["source"] == 1][-1]
    assert whole[at:].split(b"\n")[last["line"] - 1].endswith(b"select 1,")


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
