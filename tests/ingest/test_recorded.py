"""One log becomes a recording whose lines add up, or one sentence says why not."""

import gzip
import io

import pytest

from perfkit.errors import EmptyInput, UnknownFormat
from perfkit.ingest.load import load


def one(data, **options):
    return load(io.BytesIO(data), **options)


def test_an_input_is_a_recording_of_one_source_whose_lines_add_up(log):
    rec = one(log + b"garbage of another program\n" + log)
    (source,) = rec.inputs
    assert (source.name, source.lines) == ("<stream>", 201)
    assert source.lines == source.used + source.irrelevant + source.rejected
    assert source.used == 200
    assert source.reason
    assert [(bad.source, bad.line, bad.offset) for bad in rec.rejects] == [(0, 101, len(log))]
    assert set(rec.arrow("queries")["source"].to_pylist()) == {0}


def test_sizes_are_those_of_the_packed_file(log):
    raw = gzip.compress(log)
    (source,) = one(raw).inputs
    assert source.size_bytes == len(raw)


def test_the_size_of_a_plain_file_is_all_of_it(log, tmp_path):
    path = tmp_path / "postgresql.log"
    path.write_bytes(log * 400)
    (source,) = load(path).inputs
    assert source.size_bytes == len(log) * 400 > 1 << 16


def test_damage_is_noted_and_what_came_before_is_kept(log):
    raw = gzip.compress(log * 300)
    rec = one(raw[: len(raw) // 2])
    assert rec.arrow("queries").num_rows > 100
    assert [note.kind for note in rec.quality if note.kind == "truncated"] == ["truncated"]


@pytest.mark.parametrize("data", [b"", b" \n\t\n", gzip.compress(b"")])
def test_an_empty_input_is_said(data):
    with pytest.raises(EmptyInput, match="<stream>: is empty"):
        one(data)


def test_an_input_of_which_nothing_is_used_says_why(log):
    with pytest.raises(EmptyInput, match="none of its 2 lines can be used as PostgreSQL log"):
        one(b"x y\nz\n", format="postgres-stderr")
    quiet = log.replace(b"duration: 1.000 ms  statement: select", b"hello")
    with pytest.raises(EmptyInput, match="none of its 100 lines"):
        one(quiet)


def test_a_format_that_is_asked_for_is_not_recognised(log):
    assert one(log, format="postgres-stderr").inputs[0].reason == "as asked"
    with pytest.raises(UnknownFormat):
        one(b"hello\n")


def test_a_table_is_read_by_its_layout():
    rec = one(
        b"took\n1.5\n2\n", table="requests", columns={"took": "duration_ms"}, unit="s", tz="UTC"
    )
    assert rec.arrow("requests")["duration_ms"].to_pylist() == [1500.0, 2000.0]
    assert rec.inputs[0].format == "table"


def test_an_encoding_is_heeded(log):
    text = log.decode().replace("select 5\n", "select 'é'\n")
    rec = one(text.encode("utf-16"), encoding="utf-16")
    assert "select 'é'" in rec.arrow("queries")["statement"].to_pylist()


def test_a_saved_recording_is_reopened_as_it_was(tmp_path, log):
    rec = one(log)
    path = tmp_path / "x.perfkit"
    rec.save(path)
    again = load(path)
    assert again.inputs == rec.inputs
    assert again.arrow("queries").equals(rec.arrow("queries"))
