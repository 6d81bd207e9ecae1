"""Logs in envelopes: each stream a source, lines and times of the file people have."""

import json

import numpy as np
import pytest

from perfkit import tables
from perfkit.errors import InputError
from perfkit.formats.model import Parsed
from perfkit.ingest.load import load
from perfkit.ingest.wrapped import Wrapping


def moment(n):
    return f"2026-11-21T02:{n // 60:02}:{n % 60:02}.5Z"


def docker(lines, stream="stderr"):
    return b"".join(
        json.dumps({"log": line.decode() + "\n", "stream": stream, "time": moment(n)}).encode()
        + b"\n"
        for n, line in enumerate(lines)
    )


@pytest.fixture
def lines(log):
    return log.splitlines()


def test_an_envelope_is_taken_off_and_lines_are_those_of_the_file(tmp_path, lines, log):
    path = tmp_path / "c.log"
    path.write_bytes(docker([*lines[:50], b"garbage", *lines[50:]]) + b"{broken\n")
    (tmp_path / "plain.log").write_bytes(log)
    rec, plain = load(path), load(tmp_path / "plain.log")
    (source,) = rec.inputs
    assert source.format == "postgres-stderr"
    assert "docker" in source.reason.lower()
    assert (source.lines, source.used, source.rejected) == (102, 100, 2)
    assert source.size_bytes == path.stat().st_size
    assert sorted(bad.line for bad in rec.rejects) == [51, 102]
    queries = rec.arrow("queries")
    assert queries["line"].to_pylist() == [*range(1, 51), *range(52, 102)]
    assert queries.drop_columns(["line"]).equals(plain.arrow("queries").drop_columns(["line"]))


def test_every_container_is_a_source_of_its_own(tmp_path, lines, requests_log):
    rows = requests_log.splitlines()
    mixed = []
    for n, line in enumerate(lines):
        mixed.append(b"db-1   | " + line)
        if n < len(rows):
            mixed.append(b"web-1  | " + rows[n])
        mixed.append(b"mail-1 | nothing that anybody knows")
    path = tmp_path / "compose.log"
    path.write_bytes(b"\n".join(mixed) + b"\n")
    rec = load(path)
    assert [source.name.rsplit("/", 1)[1] for source in rec.inputs] == [
        "compose.log [db-1]",
        "compose.log [web-1]",
    ]
    assert rec.arrow("queries").num_rows == 100
    assert rec.arrow("requests").num_rows == 50
    assert rec.arrow("requests")["line"].to_pylist()[:2] == [2, 5]
    (skipped,) = [note.message for note in rec.quality if note.kind == "skipped"]
    assert "mail-1" in skipped


def test_times_come_from_the_envelope_where_the_log_has_none(tmp_path):
    lines = [b"Executing (default): SELECT * FROM t WHERE id = %d;" % n for n in range(30)]
    path = tmp_path / "app.log"
    path.write_bytes(docker(lines, "stdout"))
    rec = load(path)
    first, last = rec.span
    assert (f"{first:%H:%M:%S.%f}", f"{last:%H:%M:%S.%f}") == ("02:00:00.500000", "02:00:29.500000")
    assert [note for note in rec.quality if note.kind == "times_of_envelope"]
    since = load(path, since="2026-11-21 02:00:10", until="2026-11-21 02:00:20")
    assert since.arrow("queries").num_rows == 10


def test_nothing_known_in_an_envelope_is_said(tmp_path):
    path = tmp_path / "c.log"
    path.write_bytes(docker([b"hello", b"world"]))
    with pytest.raises(InputError, match=r"c\.log"):
        load(path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["c.log"]


def test_a_duration_of_centuries_leaves_the_start_unknown():
    ms = [5.0, 1e15, float("inf"), None]
    table = tables.from_columns("queries", {"duration_ms": ms, "line": [1, 2, 3, 4]}, rows=4)
    one = np.ones(4, np.int64)
    wrapping = Wrapping(title="t", stream="", line=one, at=one * 10**18, process=one * 0)
    found = wrapping.applied(Parsed(tables={"queries": table}, lines=4)).tables["queries"]
    assert found["started_at"].cast("int64").to_pylist() == [10**18 - 5_000_000, None, None, 10**18]
