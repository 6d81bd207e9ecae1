"""Tables of the user's own: read, counted, filtered, or refused in a sentence."""

import gzip

import pytest

from perfkit.errors import EmptyInput, InputError, MissingColumn
from perfkit.ingest.found import Found
from perfkit.ingest.mapped import Layout
from perfkit.ingest.own_table import read_table
from perfkit.keep import EVERYTHING, Keep

CSV = "when,verb,took\n2026-11-21T02:00:00Z,GET,0.5\n2026-11-21T02:00:01Z,POST,1.5\n"
LAYOUT = Layout(
    table="requests",
    columns={"when": "started_at", "verb": "method", "took": "duration_ms"},
    unit="s",
    zone=None,
)


def read(path, data, *, layout=LAYOUT, encoding=None, keep=EVERYTHING):
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return read_table(Found(name=path.name, path=path), layout, encoding, keep)


def test_rows_have_their_source_line_and_unit(tmp_path):
    rec = read(tmp_path / "a.csv", CSV)
    table = rec.arrow("requests")
    assert table["duration_ms"].to_pylist() == [500.0, 1500.0]
    assert table["method"].to_pylist() == ["GET", "POST"]
    assert table["source"].to_pylist() == [0, 0]
    (source,) = rec.inputs
    assert (source.format, source.lines, source.used, source.reason) == ("table", 2, 2, "as asked")
    assert source.size_bytes == len(CSV)


def test_unwanted_rows_are_left_out(tmp_path):
    rec = read(tmp_path / "a.csv", CSV, keep=Keep(min_duration_ms=1000))
    assert rec.arrow("requests")["method"].to_pylist() == ["POST"]


def test_what_cannot_be_used_is_counted_and_shown(tmp_path):
    rec = read(tmp_path / "a.csv", CSV + "2026-11-21T02:00:02Z,GET,soon\n")
    (source,) = rec.inputs
    assert source.lines == source.used + source.irrelevant + source.rejected == 3
    assert rec.arrow("requests").num_rows >= 2


def test_a_cut_off_file_is_read_as_far_as_it_goes(tmp_path):
    rows = "".join(f"2026-11-21T02:00:00.{n:06}Z,GET,{n % 97}.{n}\n" for n in range(20_000))
    packed = gzip.compress((CSV + rows).encode())
    rec = read(tmp_path / "a.csv.gz", packed[: len(packed) // 2])
    assert 0 < rec.arrow("requests").num_rows < 20_000
    assert "truncated" in {note.kind for note in rec.quality}


def test_an_encoding_is_heeded_and_a_wrong_one_refused(tmp_path):
    text = CSV.replace("POST", "PÖST")
    rec = read(tmp_path / "a.csv", text.encode("utf-16"), encoding="utf-16")
    assert rec.arrow("requests")["method"].to_pylist() == ["GET", "PÖST"]
    for encoding in ("ascii", "no-such-encoding"):
        with pytest.raises(InputError, match="is not text in"):
            read(tmp_path / "a.csv", text, encoding=encoding)


def test_an_empty_file_and_a_missing_column_are_said(tmp_path):
    with pytest.raises(EmptyInput, match="is empty"):
        read(tmp_path / "a.csv", "\n \n")
    layout = Layout(table="requests", columns={"duration": "duration_ms"}, unit="s", zone=None)
    with pytest.raises(MissingColumn, match="duration"):
        read(tmp_path / "a.csv", CSV, layout=layout)
