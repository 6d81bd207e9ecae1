"""Many logs are one stream of work, and what is reduced is reduced where it is parsed."""

import io
from contextlib import ExitStack

import pytest

from perfkit.errors import InputError
from perfkit.ingest.chosen import choose
from perfkit.ingest.crew import Crew
from perfkit.ingest.options import Filters, checked
from perfkit.ingest.packed import Unpacked
from perfkit.ingest.progress import Progress
from perfkit.ingest.reading import Reducer, read


@pytest.fixture
def logs():
    """Choose logs and read them; returns the logs."""
    with ExitStack() as stack:

        def read_all(*inputs, reducer=None, before=lambda logs: None):
            options = checked(None, None, None, None, None, None, None, Filters())
            found = choose(inputs, options, stack).logs
            before(found)
            crew = stack.enter_context(Crew())
            read(found, options.terms, crew, Progress(), reducer=reducer)
            return found

        yield read_all


def rows(log):
    return [
        (place, row["source"], row["line"])
        for place, heap in enumerate(log.heaps)
        for part in heap.parts
        for row in part.tables["queries"].to_pylist()
    ]


def test_every_input_of_a_rotated_log_has_a_heap_and_lines_of_its_own(logs, tmp_path, log):
    half = log.index(b"select", len(log) // 2)  # in the middle of a record
    (tmp_path / "pg.log.1").write_bytes(log[:half])
    (tmp_path / "pg.log").write_bytes(log[half:])
    (one,) = logs(tmp_path)
    found = rows(one)
    assert len(found) == 100
    assert {(place, source) for place, source, _ in found} == {(0, 0), (1, 1)}
    first = [line for place, _, line in found if place == 0]
    assert first == list(range(1, len(first) + 1))
    assert [line for place, _, line in found if place == 1] == list(
        range(2, 102 - len(first))  # the first line is the rest of a record of the file before
    )


def test_a_reducer_gets_each_piece_with_its_log_and_keeps_no_rows(logs, tmp_path, log):
    for name in ("a.log", "b.log"):
        (tmp_path / name).write_bytes(log)
    asked, taken = [], []

    def reduce(one, place, piece):
        name = one.inputs[place].found.name.rsplit("/", 1)[1]
        asked.append((name, piece.size))
        return lambda contents: (name, contents["queries"].num_rows)

    found = logs(tmp_path, reducer=Reducer(reduce=reduce, take=taken.append))
    assert asked == [("a.log", len(log)), ("b.log", len(log))]
    assert taken == [("a.log", 100), ("b.log", 100)]
    parts = [part for one in found for heap in one.heaps for part in heap.parts]
    assert all(part.tables == {} for part in parts)
    assert sum(part.used for part in parts) == 200


def test_a_file_that_breaks_off_stops_alone_unless_it_was_named(logs, tmp_path, log, monkeypatch):
    for name in ("a.log", "b.log"):
        (tmp_path / name).write_bytes(log)
    real = Unpacked.read

    def failing(self, size):
        if self.name.endswith("a.log"):
            raise InputError(f"{self.name}: cannot be read (Input/output error)", hint="the disk")
        return real(self, size)

    def break_it(_):
        monkeypatch.setattr(Unpacked, "read", failing)

    first, second = logs(tmp_path, before=break_it)
    assert "cannot be read" in first.error.message
    assert second.error is None
    assert len(rows(second)) == 100
    monkeypatch.undo()
    with pytest.raises(InputError, match="Input/output error"):
        logs(tmp_path / "a.log", before=break_it)


def test_a_stream_is_read_once(logs, log):
    (one,) = logs(io.BytesIO(log))
    assert len(rows(one)) == 100
