"""A short story behind a real nginx; where there is none, the sentence that says so."""

import json
import re
import shutil
from collections import Counter

import pytest

import perfkit.lab
from perfkit.errors import LabError
from perfkit.lab.recordings import STORY
from perfkit.lab.web_server import record_web_server

pytestmark = pytest.mark.lab
LINE = re.compile(
    r'(127\.0\.0\.\d+) - - \[[^]]+\] "(.*)" (\d{3}) \d+ "-" "[^"]+" '
    r'rt=([\d.]+) uct=.* urt="([\d.-]+)"'
)


@pytest.fixture(scope="module")
def lab():
    with perfkit.lab.start(scale=0.1) as lab:
        yield lab


@pytest.fixture(scope="module")
def folder(lab, tmp_path_factory):
    if shutil.which("nginx", path="/usr/sbin:/usr/bin") is None:
        pytest.skip("nginx is not installed")
    target = tmp_path_factory.mktemp("web") / "day"
    record_web_server(lab, target, seconds=4)
    return target


@pytest.fixture(scope="module")
def lines(folder):
    return [LINE.fullmatch(line) for line in (folder / "access.log").read_text().splitlines()]


@pytest.fixture(scope="module")
def story(folder):
    return json.loads((folder / STORY).read_text())


def test_nginx_logs_what_the_clients_counted(lines, story):
    assert all(lines)
    logged = Counter(
        (one[1] if one[1] in {"127.0.0.66", "127.0.0.99"} else "customers", one[3]) for one in lines
    )
    counted = Counter()
    for phase in story["phases"]:
        for who, answers in phase["answers"].items():
            for status, count in answers.items():
                counted[who, status.replace("gave up", "499")] += count
    assert logged == counted
    assert {"503", "404", "499"} <= {status for _, status in logged}


def test_a_release_is_slow_between_its_deployment_and_the_next(folder, story):
    report = [phase["median_ms"]["/report"] for phase in story["phases"]]
    assert report[1] > 5 * max(report[0], report[2])
    deployed = [json.loads(line) for line in (folder / "deploys.jsonl").read_text().splitlines()]
    assert [one["version"] for one in deployed] == ["842", "843"]
    slow = story["phases"][1]
    assert deployed[0]["timestamp"] <= slow["started_at"]
    assert slow["ended_at"] <= deployed[1]["timestamp"]


def test_what_nginx_refused_never_reached_the_shop(lines):
    assert {one[5] for one in lines if one[3] == "503"} == {"-"}


def test_the_shop_works_as_before_afterwards(lab, folder):
    assert folder.exists()
    assert lab.work == {"render_ms": 80, "fraud_check_ms": 0, "spread": 0}


def test_without_nginx_the_lab_says_how_to_get_it(lab, tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda *_, **__: None)
    with pytest.raises(LabError, match="nginx is not installed"):
        record_web_server(lab, tmp_path / "none", seconds=1)
