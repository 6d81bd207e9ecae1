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
