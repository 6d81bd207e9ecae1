"""A look at an input: what wraps it, which format it is in, and what stays open."""

import gzip
import io
import json
from contextlib import ExitStack

import pytest

from perfkit.errors import EmptyInput, UnknownFormat, UsageError
from perfkit.formats.registry import named
from perfkit.ingest.found import find
from perfkit.ingest.load import load
from perfkit.ingest.look import Said, is_archive, look


def docker(log, stream="stderr"):
    return b"".join(
        json.dumps(
            {"log": line + "\n", "stream": stream, "time": "2026-11-21T02:00:00.5Z"}
        ).encode()
        + b"\n"
        for line in log.decode().splitlines()
    )


@pytest.fixture
def seen():
    """Look at a file or stream; what has to live on is closed after the test."""
    with ExitStack() as stack:

        def look_at(given, **said):
            (found,) = find(given)
            return look(found, Said(**said), stack)

        yield look_at


def test_a_plain_file_is_closed_again_and_read_from_its_beginning(seen, tmp_path, log):
    path = tmp_path / "a.log"
    path.write_bytes(log)
    (one,) = seen(path)
    assert (one.item.name, one.packed, one.text, one.wrapping) == (
        "postgres-stderr",
        False,
        None,
        None,
    )
    assert "severity" in one.reason
    with ExitStack() as stack:
        text = one.opened(None, stack)
        assert text.path == path
        assert text.read(10) == log[:10]
        assert one.opened(None, stack) is text


def test_packed_files_are_told_and_read_as_text(seen, tmp_path, log):
    (tmp_path / "a").write_bytes(gzip.compress(log))
    (one,) = seen(tmp_path / "a")
    assert one.packed
    with ExitStack() as stack:
        text = one.opened(None, stack)
        assert text.path is None
        assert text.head == log[: len(text.head)]


def test_a_stream_is_looked_at_without_losing_a_byte(seen, log):
    (one,) = seen(io.BytesIO(log))
    assert one.text is not None
    assert one.text.read(1 << 20) == log


def test_what_wraps_lines_is_taken_off_and_named(seen, tmp_path, log):
    (tmp_path / "c-json.log").write_bytes(docker(log))
    (one,) = seen(tmp_path / "c-json.log")
    assert one.item.name == "postgres-stderr"
    assert one.wrapping.title in one.reason
    assert len(one.wrapping.line) == 100


def test_streams_of_no_known_format_are_skipped_beside_those_that_are(seen, tmp_path, log):
    prose = "\n".join(["to be or not to be"] * 20).encode()
    (tmp_path / "c-json.log").write_bytes(docker(log) + docker(prose, stream="stdout"))
    (one,) = seen(tmp_path / "c-json.log")
    assert one.wrapping.stream == "stderr"
    assert len(one.wrapping.skipped) == 1
    (tmp_path / "p-json.log").write_bytes(docker(prose))
    with pytest.raises(UnknownFormat):
        seen(tmp_path / "p-json.log")


def test_what_the_user_said_is_not_questioned(seen, tmp_path, log):
    (tmp_path / "a.log").write_bytes(log)
    (one,) = seen(tmp_path / "a.log", item=named("mysql-slow"))
    assert (one.item.name, one.reason) == ("mysql-slow", "as asked")
    with pytest.raises(UsageError, match="no encoding 'utf-99'"):
        seen(tmp_path / "a.log", encoding="utf-99")


@pytest.mark.parametrize("data", [b"", b" \n\n", b"\xef\xbb\xbf", gzip.compress(b"")])
def test_an_empty_input_is_said_to_be(seen, tmp_path, data):
    (tmp_path / "a.log").write_bytes(data)
    with pytest.raises(EmptyInput, match="is empty"):
        seen(tmp_path / "a.log")


def test_only_a_saved_recording_is_an_archive(tmp_path, log):
    (tmp_path / "a.log").write_bytes(log)
    load(tmp_path / "a.log").save(tmp_path / "b.perfkit")
    for name, expected in (("a.log", False), ("b.perfkit", True)):
        (found,) = find(tmp_path / name)
        assert is_archive(found.first_bytes(512), found) is expected
