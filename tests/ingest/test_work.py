"""One piece of work: the same wherever it runs, and numbered as in the whole input."""

import io
import pickle

import pytest

from perfkit.formats.registry import named
from perfkit.ingest.found import Found
from perfkit.ingest.packed import Unpacked
from perfkit.ingest.pieces import Pieces, Terms, Text
from perfkit.ingest.spill import mapped
from perfkit.ingest.work import Job, Whole, run, run_whole
from perfkit.keep import Keep

ITEM = named("postgres-stderr")


def pieces(data, path=None, terms=None):
    text = Text(Unpacked(io.BytesIO(data), "a"), None, path)
    return list(Pieces(text, ITEM, terms or Terms(), size=3000))


@pytest.fixture
def broken(log):
    """A log whose lines 31 and 131 are none."""
    lines = log.splitlines(keepends=True)
    return b"".join([*lines[:30], b"\0broken\n", *lines[30:], *lines[:30], b"\0also\n"])


def statements(done):
    """Line -> statement, of all pieces."""
    rows = [row for one in done for row in one.parsed.tables["queries"].to_pylist()]
    return {row["line"]: row["statement"] for row in rows}


def test_rows_and_rejects_are_numbered_as_in_the_whole_input(log, broken):
    data = broken * 2
    done = [run(Job(parse=ITEM.parse, source=4), piece) for piece in pieces(data)]
    assert len(done) > 2
    lines = data.split(b"\n")
    for line, statement in statements(done).items():
        assert lines[line - 1].decode().endswith(statement)
    assert {row["source"] for one in done for row in one.parsed.tables["queries"].to_pylist()} == {
        4
    }
    rejected = [bad for one in done for bad in one.parsed.rejected]
    assert rejected
    for bad in rejected:
        assert lines[bad.line - 1] == bad.text.encode()
        assert data[bad.offset :].startswith(lines[bad.line - 1])
    assert sum(one.size for one in done) == len(data)
    assert sum(one.parsed.lines for one in done) == len(lines) - 1


def test_pieces_of_a_file_are_read_where_the_work_is_done(tmp_path, log):
    (tmp_path / "a.log").write_bytes(log)
    job = Job(parse=ITEM.parse)
    ranged = pieces(log, tmp_path / "a.log")
    assert all(piece.chunk.data == b"" for piece in ranged)
    assert [piece.lines for piece in ranged] == [piece.lines for piece in pieces(log)]
    sent = pickle.loads(pickle.dumps([(job, piece) for piece in ranged]))
    here = [run(job, piece) for piece in pieces(log)]
    assert statements([run(*call) for call in sent]) == statements(here)
    assert statements([run(job, piece.in_hand()) for piece in ranged]) == statements(here)


def test_unwanted_rows_are_dropped_and_counted(log):
    keep = Keep(min_duration_ms=2)
    done = [run(Job(parse=ITEM.parse), p) for p in pieces(log, terms=Terms(keep=keep))]
    assert statements(done) == {}
    assert sum(one.dropped for one in done) == 100
    assert sum(one.parsed.used for one in done) == 100


def test_tables_are_reduced_or_left_in_files(tmp_path, log):
    piece = pieces(log)[0]
    whole = run(Job(parse=ITEM.parse), piece)
    reduced = run(Job(parse=ITEM.parse, reduce=lambda found: found["queries"].num_rows), piece)
    assert reduced.parsed.tables == {}
    assert reduced.reduced == whole.parsed.tables["queries"].num_rows
    filed = run(Job(parse=ITEM.parse, folder=str(tmp_path)), piece)
    assert filed.parsed.tables == {}
    assert mapped(filed.files)["queries"].equals(whole.parsed.tables["queries"])


def test_a_whole_input_is_the_same_as_its_pieces(tmp_path, log):
    path = tmp_path / "a.log"
    path.write_bytes(b"\xef\xbb\xbf" + log)
    whole = Whole(
        found=Found(name="a", path=path), item=ITEM, terms=Terms(), encoding=None, piece_bytes=3000
    )
    done = run_whole(Job(parse=ITEM.parse), whole)
    assert len(done) > 2
    here = [run(Job(parse=ITEM.parse), piece) for piece in pieces(log)]
    assert statements(done) == statements(here)
