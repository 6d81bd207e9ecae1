"""load(): every way to name an input, and every way it can go wrong."""

import builtins
import bz2
import gzip
import io
import lzma
import os
import random
import re
import subprocess
import sys
import threading
import warnings
import zipfile
from pathlib import Path

import pyarrow as pa
import pytest

import perfkit
from perfkit import errors
from perfkit.ingest import packed
from perfkit.ingest.load import load


def zstd(data):
    return pa.Codec("zstd").compress(data, asbytes=True)


def zipped(data):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("inside.log", data)
    return stream.getvalue()


@pytest.mark.parametrize(
    "packing", [bytes, gzip.compress, bz2.compress, lzma.compress, zstd, zipped]
)
def test_packed_files_are_told_by_their_bytes(tmp_path, log, packing):
    path = tmp_path / "some.data"
    path.write_bytes(packing(log))
    rec = load(path)
    assert rec.arrow("queries").num_rows == 100
    (source,) = rec.inputs
    assert (source.format, source.lines, source.used) == ("postgres-stderr", 100, 100)
    assert set(rec.arrow("queries")["source"].to_pylist()) == {0}


def test_every_way_to_name_an_input(tmp_path, monkeypatch, log):
    (tmp_path / "a.log").write_bytes(log)
    (tmp_path / "b.log").write_bytes(log)
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "c.log").write_bytes(log)
    monkeypatch.chdir(tmp_path)
    text = log.decode()
    for inputs, count in [
        (["a.log"], 1),
        ([Path("a.log"), "b.log"], 2),
        (["*.log"], 2),
        (["**/*.log"], 3),
        (["."], 2),
        ([tmp_path / "below"], 1),
        ([["a.log", "b.log"]], 2),
        ([io.BytesIO(log)], 1),
        ([io.StringIO(text)], 1),
    ]:
        assert load(*inputs).arrow("queries").num_rows == 100 * count
    with open("a.log", "rb") as binary, open("a.log", encoding="utf-8") as readable:  # noqa: PTH123 - as users do
        assert load(binary, readable).arrow("queries").num_rows == 200
        assert not binary.closed
        assert not readable.closed
    with open("a.log", encoding="utf-8") as readable:  # noqa: PTH123 - as users do
        readable.readline()
        assert load(readable).arrow("queries").num_rows == 99


def test_a_pipe_is_read_once(tmp_path, log):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=[log], daemon=True)
    writer.start()
    assert load(pipe).arrow("queries").num_rows == 100
    writer.join(timeout=10)
    assert not writer.is_alive()


def test_sources_keep_their_numbers_lines_and_order(tmp_path, log, requests_log):
    (tmp_path / "a").write_bytes(requests_log)
    (tmp_path / "b").write_bytes(log)
    rec = load(tmp_path)
    assert [source.format for source in rec.inputs] == ["structlog-json", "postgres-stderr"]
    assert set(rec.arrow("requests")["source"].to_pylist()) == {0}
    assert set(rec.arrow("queries")["source"].to_pylist()) == {1}
    assert rec.arrow("queries")["line"].to_pylist() == list(range(1, 101))


def test_a_recording_is_reopened_and_joined(tmp_path, log):
    (tmp_path / "a.log").write_bytes(log)
    load(tmp_path / "a.log").save(tmp_path / "x.perfkit")
    rec = load(tmp_path / "x.perfkit")
    assert rec.arrow("queries").num_rows == 100
    both = load(tmp_path / "a.log", tmp_path / "x.perfkit")
    assert both.arrow("queries").num_rows == 200
    assert set(both.arrow("queries")["source"].to_pylist()) == {0, 1}


def test_format_encoding_and_zone_are_heeded(tmp_path, log):
    path = tmp_path / "a.log"
    path.write_bytes(b"\xef\xbb\xbf" + log)
    assert load(path).arrow("queries").num_rows == 100
    path.write_bytes(log.decode().encode("utf-16"))
    assert load(path, encoding="utf-16").arrow("queries").num_rows == 100
    path.write_bytes(log.replace(b"select 5\n", "select 'ß'\n".encode("latin-1")))
    statements = load(path, encoding="latin-1").arrow("queries")["statement"].to_pylist()
    assert "select 'ß'" in statements
    assert load(path, tz="Europe/Berlin").zone == "Europe/Berlin"
    assert load(path, format="postgres-stderr").inputs[0].reason == "as asked"


def test_children_in_another_file_count_for_self_time(tmp_path, server_spans, client_spans):
    (tmp_path / "a.json").write_bytes(server_spans)
    (tmp_path / "b.json").write_bytes(client_spans)
    alone = load(tmp_path / "b.json")
    assert "missing_parents" in {note.kind for note in alone.quality}
    rec = load(tmp_path)
    assert "missing_parents" not in {note.kind for note in rec.quality}
    spans = rec.arrow("spans")
    assert spans["self_ms"].to_pylist() == [50.0] * 6
    twice = load(tmp_path / "a.json", tmp_path / "a.json", tmp_path / "b.json")
    assert {n: twice.arrow(n).num_rows for n in ("spans", "requests", "queries")} == {
        "spans": 6,
        "requests": 3,
        "queries": 3,
    }
    assert "duplicate_spans" in {note.kind for note in twice.quality}


def two_close(head):
    from perfkit.formats.model import Recognition

    return Recognition(confidence=0.96, reason="of the moon")


def failing(tmp_path, log):
    """Name -> (inputs, what the error is, what it says, what the hint says)."""
    (tmp_path / "empty.log").write_bytes(b"")
    (tmp_path / "empty.gz").write_bytes(gzip.compress(b""))
    (tmp_path / "binary").write_bytes(bytes(range(256)) * 99)
    (tmp_path / "prose.txt").write_bytes(b"To be, or not to be\n" * 9)
    (tmp_path / "table.csv").write_bytes(b"ts,method,took_s,url\n2026-01-01,GET,0.5,/a\n")
    (tmp_path / "wide.log").write_bytes(log.decode().encode("utf-16"))
    (tmp_path / "folder").mkdir()
    (tmp_path / "prosaic").mkdir()
    (tmp_path / "prosaic" / "a").write_bytes(b"prose\n")
    (tmp_path / "prosaic" / "b").write_bytes(b"")
    (tmp_path / "quiet.log").write_bytes(
        b"2026-11-21 02:00:00.000 UTC [1] LOG:  listening on port 5432\n" * 5
    )
    (tmp_path / "real.log").write_bytes(log)
    return {
        "missing": (["rael.log"], errors.InputError, "no such file", "real.log"),
        "pattern": (["*.nope"], errors.InputError, "no file matches", "pattern"),
        "empty": (["empty.log"], errors.EmptyInput, "is empty", "written completely"),
        "empty gz": (["empty.gz"], errors.EmptyInput, "is empty", "written completely"),
        "binary": (["binary"], errors.InputError, "is a binary file", "logs, traces"),
        "unknown": (["prose.txt"], errors.UnknownFormat, "none of the formats", "perfkit.load("),
        "utf-16": (["wide.log"], errors.InputError, "UTF-16", 'encoding="utf-16"'),
        "no file": (["folder"], errors.InputError, "holds no file", "**"),
        "no recognised file": (
            ["prosaic"],
            errors.UnknownFormat,
            "none of 2 files",
            "perfkit.load(",
        ),
        "nothing used": (["quiet.log"], errors.EmptyInput, "none of its 5 lines", "format="),
        "nothing named": ([], errors.UsageError, "nothing to read", "perfkit.load("),
        "a number": ([5], errors.UsageError, "not int", "perfkit.load("),
        "bytes": ([log], errors.UsageError, "not bytes", "io.BytesIO"),
        "pasted text": ([log.decode()], errors.InputError, "no path", "io.StringIO"),
        "address": (["s3://bucket/x.log"], errors.MissingExtra, "needs a package", "perfkit[s3]"),
        "nul": (["a\0b"], errors.InputError, "", ""),
    }


CASES = ["missing", "pattern", "empty", "empty gz", "binary", "unknown", "utf-16", "no file",
         "no recognised file", "nothing used", "nothing named", "a number", "bytes",
         "pasted text", "address", "nul"]  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_what_cannot_be_read_is_said_in_one_sentence_with_a_hint(tmp_path, monkeypatch, log, case):
    inputs, kind, message, hint = failing(tmp_path, log)[case]
    monkeypatch.chdir(tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter("error", ResourceWarning)
        with pytest.raises(errors.PerfkitError) as caught:
            load(*inputs)
    assert type(caught.value) is kind
    assert message in caught.value.message
    assert hint in caught.value.hint
    assert "\n" not in caught.value.message + caught.value.hint
    assert len(caught.value._render_traceback_()) == 1


def test_the_hint_for_a_table_works_when_typed(tmp_path, monkeypatch, log):
    failing(tmp_path, log)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(errors.UnknownFormat) as caught:
        load("table.csv")
    assert '"took_s": "duration_ms"' in caught.value.hint
    rec = eval(caught.value.hint, {"perfkit": perfkit})
    (row,) = rec.arrow("requests").to_pylist()
    assert (row["duration_ms"], row["method"], row["path"]) == (500.0, "GET", "/a")


def test_two_formats_that_claim_a_file_are_both_named(tmp_path, monkeypatch, log):
    from dataclasses import replace

    from perfkit.formats import registry
    from perfkit.ingest import recognise

    other = replace(
        registry.named("otlp-json"), name="moon", title="moon log", recognises=two_close
    )
    monkeypatch.setattr(recognise, "formats", lambda: (*registry.formats(), other))
    (tmp_path / "a.log").write_bytes(log)
    with pytest.raises(
        errors.UnknownFormat, match=r"PostgreSQL log.* or moon log|moon.* or Post"
    ) as caught:
        load(tmp_path / "a.log")
    assert "format=" in caught.value.hint


def test_permission_denied_is_said(tmp_path, monkeypatch, log):
    path = tmp_path / "a.log"
    path.write_bytes(log)

    def refused(self, *args, **kwargs):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refused)
    with pytest.raises(errors.InputError, match=r"cannot be read .Permission denied") as caught:
        load(path)
    assert "permission" in caught.value.hint


def test_a_directory_with_unreadable_parts_is_read_as_far_as_possible(tmp_path, monkeypatch, log):
    for name in ("a.log", "b.log"):
        (tmp_path / name).write_bytes(log)
    (tmp_path / "notes.txt").write_bytes(b"prose\n")
    (tmp_path / "empty.log").write_bytes(b"")
    (tmp_path / ".hidden").write_bytes(log)
    opened = Path.open

    def sometimes(self, *args, **kwargs):
        if self.name == "b.log":
            raise PermissionError(13, "Permission denied")
        return opened(self, *args, **kwargs)

    monkeypatch.setattr(Path, "open", sometimes)
    rec = load(tmp_path)
    assert [Path(source.name).name for source in rec.inputs] == ["a.log"]
    (note,) = [note for note in rec.quality if note.kind == "skipped"]
    assert "3 files were skipped" in note.message
    assert "b.log: cannot be read (Permission denied)" in note.message


@pytest.mark.parametrize("packing", [gzip.compress, bz2.compress, lzma.compress, zstd])
def test_a_truncated_file_gives_its_rows_so_far_and_a_note(tmp_path, log, packing):
    chance = random.Random(1)
    data = b"".join(
        log.replace(b"select ", f"select {chance.random()}, ".encode()) for _ in range(200)
    )
    whole = packing(data)
    path = tmp_path / "a.log"
    path.write_bytes(whole[: len(whole) * 2 // 3])
    rec = load(path)
    assert 0 < rec.arrow("queries").num_rows < 20_000
    (note,) = [note for note in rec.quality if note.kind == "truncated"]
    assert "cut off" in note.message
    (source,) = rec.inputs
    assert source.lines == source.used + source.irrelevant + source.rejected
    assert source.rejected <= 1


def test_a_decompression_bomb_is_refused(tmp_path, monkeypatch, log):
    monkeypatch.setattr(packed, "BOMB_BYTES", 1 << 20)
    path = tmp_path / "bomb.gz"
    path.write_bytes(gzip.compress(log + b" " * (8 << 20)))
    with pytest.raises(errors.InputError, match="expands to more than 300 times"):
        load(path)
    path.write_bytes(gzip.compress(log * 200))
    monkeypatch.setattr(packed, "BOMB_RATIO", 10_000)
    assert load(path).arrow("queries").num_rows == 20_000


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"format": "nope"}, "there is no format 'nope'"),
        ({"tz": "Mars/Olympus"}, "no zone"),
        ({"encoding": "klingon"}, "no encoding 'klingon'"),
        ({"unit": "s"}, "columns= and unit="),
        ({"columns": {}}, "columns= and unit="),
        ({"table": "request"}, "there is no table 'request'"),
        ({"table": "requests", "format": "otlp-json"}, "exclude each other"),
    ],
)
def test_options_that_make_no_sense(tmp_path, log, options, message):
    (tmp_path / "a.log").write_bytes(log)
    with pytest.raises(errors.UsageError, match=message) as caught:
        load(tmp_path / "a.log", **options)
    assert caught.value.hint


def test_an_interruption_leaves_nothing_open(tmp_path, monkeypatch, log):
    path = tmp_path / "a.log"
    path.write_bytes(log)
    streams = []
    opened = Path.open

    def watched(self, *args, **kwargs):
        streams.append(opened(self, *args, **kwargs))
        return streams[-1]

    def interrupted(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "open", watched)
    monkeypatch.setattr("perfkit.ingest.crew.run", interrupted)
    before = set(tmp_path.iterdir())
    with pytest.raises(KeyboardInterrupt):
        load(path)
    assert streams
    assert all(stream.closed for stream in streams)
    assert set(tmp_path.iterdir()) == before


def test_loading_imports_no_plotting_and_no_science(tmp_path, log):
    (tmp_path / "a.log").write_bytes(log)
    code = (
        "import sys, perfkit; perfkit.load(sys.argv[1]);"
        "print([m for m in ('plotly', 'scipy', 'IPython', 'sqlalchemy') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "a.log")],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        cwd=Path(perfkit.__file__).parents[1],
    )
    assert (done.stdout, done.stderr) == ("[]\n", "")


def test_names_from_outside_are_made_visible(tmp_path):
    name = "a\x1b[31m.log"
    (tmp_path / name).write_bytes(b"prose\n")
    with pytest.raises(errors.UnknownFormat) as caught:
        load(tmp_path / name)
    assert "\x1b" not in str(caught.value)
    assert re.search(r"a\\x1b\[31m", caught.value.message)
    assert builtins.ascii(caught.value.hint)
