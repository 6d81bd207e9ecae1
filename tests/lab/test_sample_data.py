"""The makers of the shipped recordings; the lab itself is stood in for, it takes a minute."""

from __future__ import annotations

import gzip
import json
from contextlib import nullcontext
from types import SimpleNamespace

import pytest

from perfkit import lab
from perfkit.errors import UsageError
from perfkit.lab import sample_data
from perfkit.lab.sample_data import OTHERS, STORIES, main


@pytest.fixture
def recorded(monkeypatch):
    """Record files without a lab; return what was asked for."""
    asked = {}

    def record(directory, *, faults):
        asked[directory.name] = faults
        (directory / "jsonlog").mkdir(parents=True)
        (directory / "jsonlog" / "postgresql.json").write_text("{}")
        (directory / "requests.jsonl").write_text('{"a": 1}\n' * 1000)
        (directory / "story.json").write_text(json.dumps({"marks": []}))

    running = SimpleNamespace(record=record)
    monkeypatch.setattr(lab, "start", lambda: nullcontext(running))
    return asked


def test_every_story_is_recorded_with_its_faults(recorded, tmp_path):
    main(tmp_path)
    assert recorded == STORIES
    assert recorded["healthy"] == []
    assert recorded["shop_launch"] is None


def test_logs_are_compressed_and_the_story_stays_readable(recorded, tmp_path):
    main(tmp_path)
    folder = tmp_path / "healthy"
    assert sorted(path.name for path in folder.iterdir()) == ["requests.jsonl.gz", "story.json"]
    assert gzip.decompress((folder / "requests.jsonl.gz").read_bytes()) == b'{"a": 1}\n' * 1000


def test_the_same_logs_give_the_same_bytes_and_old_ones_are_gone(recorded, tmp_path):
    main(tmp_path)
    packed = tmp_path / "healthy" / "requests.jsonl.gz"
    before = packed.read_bytes()
    (tmp_path / "healthy" / "old.log").touch()
    main(tmp_path)
    assert packed.read_bytes() == before
    assert not (tmp_path / "healthy" / "old.log").exists()


def test_too_much_for_a_wheel_is_refused(recorded, tmp_path, monkeypatch):
    monkeypatch.setattr(sample_data, "LIMIT", 100)
    with pytest.raises(SystemExit, match="more than"):
        main(tmp_path)


def other(running, folder):
    """Record two runs, each in a folder of its own."""
    for run in ("before_1", "after_1"):
        (folder / run).mkdir(parents=True)
        (folder / run / "requests.jsonl").write_text("{}")
    (folder / "story.json").write_text("{}")


def test_others_are_recorded_only_where_they_are_named(recorded, tmp_path, monkeypatch):
    monkeypatch.setitem(OTHERS, "two_releases", other)
    (tmp_path / "healthy").mkdir()
    (tmp_path / "healthy" / "kept.gz").touch()
    main(tmp_path, ["two_releases"])
    assert recorded == {}
    assert [path.name for path in (tmp_path / "healthy").iterdir()] == ["kept.gz"]
    found = {p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("two_releases/**/*.*")}
    assert found == {
        "two_releases/after_1/requests.jsonl.gz",
        "two_releases/before_1/requests.jsonl.gz",
        "two_releases/story.json",
    }


def test_a_name_that_is_no_recording_is_refused_before_anything_is_deleted(recorded, tmp_path):
    (tmp_path / "healthy").mkdir()
    with pytest.raises(UsageError, match="there is no 'helthy'") as caught:
        main(tmp_path, ["healthy", "helthy"])
    assert "two_releases" in caught.value.hint
    assert (tmp_path / "healthy").is_dir()
    assert recorded == {}
