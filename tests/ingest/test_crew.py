"""Whoever does the work, the frames are the same; nothing is left running."""

import os
import tempfile
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from perfkit.errors import UsageError
from perfkit.ingest import crew
from perfkit.ingest.crew import Crew
from perfkit.ingest.load import load


@pytest.fixture
def big(tmp_path, log):
    """Three logs, some broken lines among them."""
    for number in range(3):
        data = log * 20 + b"broken\n" + log * 5
        (tmp_path / f"part{number}x.log").write_bytes(data)
    return tmp_path


def frames(rec):
    contents = {name: rec.arrow(name).to_pylist() for name in sorted(rec.contents)}
    return contents, [(bad.source, bad.line, bad.offset) for bad in rec.rejects], rec.inputs


@pytest.fixture
def small_pieces(monkeypatch):
    monkeypatch.setattr(crew, "LARGE_BYTES", 1000)
    monkeypatch.setattr(crew, "_SMALLEST_PIECE", 5000)
    monkeypatch.setattr(crew, "CHUNK_BYTES", 20_000)


def test_own_processes_threads_and_a_pool_give_equal_frames(big, small_pieces, monkeypatch):
    monkeypatch.setattr(crew, "cores", lambda: 1)
    alone = frames(load(big))
    monkeypatch.setattr(crew, "cores", lambda: 2)
    assert frames(load(big)) == alone
    with ThreadPoolExecutor(2) as executor:
        assert frames(load(big, executor=executor)) == alone
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as executor:
        assert frames(load(big, executor=executor)) == alone
    assert len(alone[1]) == 3


def test_dask_gives_equal_frames(big, small_pieces):
    distributed = pytest.importorskip("distributed")
    alone = frames(load(big))
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=None, protocol="tcp"
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        assert not Crew(client).is_far
        assert frames(load(big, executor=client)) == alone


def test_little_is_done_here(big, monkeypatch):
    def refused(*_):
        raise AssertionError("no process is needed")

    monkeypatch.setattr(crew, "Workers", refused)
    assert load(big).arrow("queries").num_rows == 7500


def test_nothing_is_left_of_worker_processes(big, small_pieces, monkeypatch, tmp_path):
    monkeypatch.setattr(crew, "cores", lambda: 2)
    spill = tmp_path / "spill"
    spill.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(spill))
    rec = load(big)
    assert list(spill.iterdir()) == []
    assert rec.arrow("queries").num_rows == 7500  # its rows are in files without a name
    children = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children")
    assert "perfkit" not in children.read_text() if children.exists() else True


def test_what_is_no_executor_is_refused(big):
    with pytest.raises(UsageError, match=r"executor= has no submit\(\) \(int\)"):
        load(big, executor=3)


def test_an_error_in_a_worker_stops_the_others(big, small_pieces, monkeypatch):
    monkeypatch.setattr(crew, "cores", lambda: 2)
    started = []
    workers = crew.Workers

    def watched(*arguments):
        started.append(workers(*arguments))
        return started[-1]

    monkeypatch.setattr(crew, "Workers", watched)
    with Crew(total=1 << 30) as team, pytest.raises(AttributeError):
        list(team.each([("key", None, None)]))
    with Crew(total=1 << 30) as team:
        assert team.piece_bytes == 20_000
    for pool in started:
        assert all(process.poll() is not None for process in pool._processes)


def test_processes_are_started_early_only_for_large_files(tmp_path):
    small, large = tmp_path / "a.log", tmp_path / "b.log"
    small.write_bytes(b"x")
    with large.open("wb") as file:
        file.truncate(crew.LARGE_BYTES + 1)
    with Crew() as team:
        team.hurry([small, tmp_path / "missing", 3, "logs/*.gz"])
        assert team._own is None
        team.hurry([str(large)])
        assert team._own is not None or crew.cores() == 1
        team.expect(1)
        assert team.piece_bytes < crew.CHUNK_BYTES
