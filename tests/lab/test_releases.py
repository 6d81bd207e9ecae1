"""Two releases on a small shop: the shop's own clock sees what was planted."""

import json

import pytest

import perfkit.lab
from perfkit.lab.recordings import STORY
from perfkit.lab.releases import AFTER, BEFORE, medians, record_releases
from perfkit.lab.slices import Slice

pytestmark = pytest.mark.lab

#: Per run: the median of 70 drawings is within 3 ms, the change that was planted is 20.
REQUESTS = 240


@pytest.fixture(scope="module")
def lab():
    with perfkit.lab.start(scale=0.1) as lab:
        yield lab


@pytest.fixture(scope="module")
def folder(lab, tmp_path_factory):
    target = tmp_path_factory.mktemp("releases") / "two"
    record_releases(lab, target, runs=2, requests=REQUESTS, seconds=4)
    return target


@pytest.fixture(scope="module")
def story(folder):
    return json.loads((folder / STORY).read_text())


def rows(folder, run):
    lines = (folder / run / "requests.jsonl").read_text(encoding="utf-8").splitlines()
    return [row for row in map(json.loads, lines) if row["event"] == "request_finished"]


def test_every_run_has_a_folder_with_its_requests_alone(folder, story):
    assert sorted(path.name for path in folder.iterdir() if path.is_dir()) == [
        "after_1", "after_2", "before_1", "before_2",
    ]  # fmt: skip
    for run in story["runs"]:
        found = rows(folder, run["name"])
        assert len(found) == run["requests"] == REQUESTS
        assert run["failures"] == 0
        assert all(run["started_at"][:19] <= row["timestamp"] for row in found)


def test_runs_take_turns_so_that_drift_favours_neither(story):
    assert [run["name"] for run in story["runs"]] == ["before_1", "after_1", "after_2", "before_2"]
    assert [mark["label"] for mark in story["marks"]] == [run["name"] for run in story["runs"]]


def test_the_shops_clock_sees_the_work_that_was_planted(story):
    before, after = (story["releases"][name]["median_ms"] for name in ("before", "after"))
    assert after["/checkout"] - before["/checkout"] > 20  # 36 were added
    assert before["/report"] - after["/report"] > 8  # 20 were taken off
    assert set(before) == set(after)
    assert len(before) == 7


def test_the_mix_of_routes_changes_as_planned(folder):
    shares = [
        sum(row["route"] == "/users/{user_id}" for row in rows(folder, run)) / REQUESTS
        for run in ("before_1", "after_1")
    ]
    for share, release in zip(shares, (BEFORE, AFTER), strict=True):
        whole = sum(release.routes.values())
        assert share == pytest.approx(release.routes["GET /users/{user_id}"] / whole, abs=0.03)


def test_the_shop_works_as_before_afterwards(lab, folder):
    assert folder.exists()
    assert lab.work == {"render_ms": 80, "fraud_check_ms": 0, "spread": 0}


def test_medians_are_of_whole_requests_with_a_route(tmp_path):
    lines = [
        {"event": "request_finished", "route": "/a", "duration_ms": 1.0},
        {"event": "request_finished", "route": "/a", "duration_ms": 9.0},
        {"event": "request_finished", "route": "/a", "duration_ms": 2.0},
        {"event": "request_finished", "route": None, "duration_ms": 100.0},
        {"event": "blocked_loop", "duration_ms": 500.0},
    ]
    (tmp_path / "log").write_text("\n".join(map(json.dumps, lines)))
    assert medians([Slice(tmp_path / "log", 0)]) == {"/a": 2.0}
