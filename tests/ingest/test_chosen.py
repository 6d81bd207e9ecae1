"""What is read is decided before anything is read: logs, recordings, and what is skipped."""

import gzip
import io
import zipfile
from contextlib import ExitStack

import pytest

from perfkit.errors import EmptyInput, InputError, UnknownFormat, UsageError
from perfkit.ingest.chosen import choose
from perfkit.ingest.load import load
from perfkit.ingest.options import Filters, checked


@pytest.fixture
def chosen():
    """Choose from inputs, with options; files stay open until the test has ended."""
    with ExitStack() as stack:

        def choose_from(*inputs, **filters):
            options = checked(None, None, None, None, None, None, None, Filters(**filters))
            return choose(inputs, options, stack)

        yield choose_from


def names(found):
    return [[one.found.name.rsplit("/", 1)[-1] for one in log.inputs] for log in found.logs]


def test_rotated_files_are_one_log_in_the_place_of_the_first(chosen, tmp_path, log, requests_log):
    (tmp_path / "a.jsonl").write_bytes(requests_log)
    (tmp_path / "pg.log").write_bytes(log)
    (tmp_path / "pg.log.1").write_bytes(log)
    (tmp_path / "z.log").write_bytes(log)
    found = chosen(tmp_path)
    assert names(found) == [["a.jsonl"], ["pg.log.1", "pg.log"], ["z.log"]]
    assert found.places == [0, 1, 3]
    assert found.total == 3 * len(log) + len(requests_log)


def test_a_recording_is_taken_at_once_and_keeps_its_place(chosen, tmp_path, log):
    (tmp_path / "a.log").write_bytes(log)
    load(tmp_path / "a.log").save(tmp_path / "b.perfkit")
    found = chosen(tmp_path / "b.perfkit", tmp_path / "a.log")
    assert list(found.recordings) == [0]
    assert found.places == [1]
    assert found.recordings[0].arrow("queries").num_rows == 100
    few = chosen(tmp_path / "b.perfkit", user="nobody")
    assert few.recordings[0].arrow("queries").num_rows == 0


def test_what_was_not_named_itself_is_skipped_and_what_was_is_an_error(chosen, tmp_path, log):
    (tmp_path / "a.log").write_bytes(log)
    (tmp_path / "notes.txt").write_text("to be or not to be\n")
    (tmp_path / "nothing.log").write_bytes(b"")
    found = chosen(tmp_path)
    assert names(found) == [["a.log"]]
    assert {type(error) for error in found.skipped} == {UnknownFormat, EmptyInput}
    with pytest.raises(UnknownFormat):
        chosen(tmp_path / "a.log", tmp_path / "notes.txt")
    with pytest.raises(InputError, match="no such file"):
        chosen(tmp_path, tmp_path / "b.log")


def test_members_of_a_zip_are_inputs_of_their_own(chosen, tmp_path, log):
    with zipfile.ZipFile(tmp_path / "logs.zip", "w") as packed:
        packed.writestr("one.log", log)
        packed.writestr("below/two.log", log)
        packed.writestr("read.me", "prose")
    found = chosen(tmp_path / "logs.zip")
    assert names(found) == [["two.log"], ["one.log"]]
    assert len(found.skipped) == 1
    assert found.total == 0  # of members nothing is known beforehand


def test_packed_files_and_streams_count_as_far_as_can_be_told(chosen, tmp_path, log):
    packed = gzip.compress(log)
    (tmp_path / "a.log.gz").write_bytes(packed)
    assert chosen(tmp_path / "a.log.gz").total == 10 * len(packed)
    stream = chosen([io.BytesIO(log), tmp_path / "a.log.gz"])
    assert len(stream.logs) == 2
    assert stream.total == 10 * len(packed)


def test_nothing_named_is_a_mistake(chosen):
    with pytest.raises(UsageError, match="nothing to read was named"):
        chosen()
    with pytest.raises(UsageError, match="nothing to read was named"):
        chosen([])
