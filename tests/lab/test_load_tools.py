"""Real load tools against a small shop, where they are installed."""

import json
import re
import shutil

import pytest

import perfkit.lab
from perfkit.errors import LabError
from perfkit.lab.load_tools import CONNECTIONS, record_load_tests
from perfkit.lab.recordings import STORY

pytestmark = pytest.mark.lab


@pytest.fixture(scope="module")
def lab():
    with perfkit.lab.start(scale=0.1) as lab:
        yield lab


def test_more_connections_bring_more_answers_unless_the_loop_is_blocked(lab, tmp_path):
    if not (shutil.which("wrk") and shutil.which("locust")):
        pytest.skip("wrk and locust are not installed")
    record_load_tests(lab, tmp_path / "tests", seconds=2)
    rates = {}
    for name in ("wrk_threads", "wrk_blocking"):
        text = (tmp_path / "tests" / f"{name}.txt").read_text()
        rates[name] = [float(one) for one in re.findall(r"Requests/sec: +([\d.]+)", text)]
        assert len(rates[name]) == len(CONNECTIONS)
    assert rates["wrk_threads"][-1] > 2.5 * rates["wrk_threads"][0]
    assert max(rates["wrk_blocking"]) < 13
    failures = (tmp_path / "tests" / "locust_failures.csv").read_text()
    assert "/basket" in failures
    story = json.loads((tmp_path / "tests" / STORY).read_text())
    assert 80 <= story["median_ms_in_the_shop"]["wrk_blocking.txt"]["/report"] < 200
    assert not any(lab.faults.values())


def test_a_tool_that_is_missing_is_named_before_anything_is_measured(lab, tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda *_, **__: None)
    with pytest.raises(LabError, match="wrk is not installed"):
        record_load_tests(lab, tmp_path / "none")


def test_a_tool_that_fails_tells_why(lab, tmp_path, monkeypatch):
    (tmp_path / "wrk").write_text("#!/bin/sh\necho 'out of sockets' >&2\nexit 3\n")
    (tmp_path / "wrk").chmod(0o755)
    monkeypatch.setattr(shutil, "which", lambda *_, **__: str(tmp_path / "wrk"))
    with pytest.raises(LabError, match="wrk fails: out of sockets"):
        record_load_tests(lab, tmp_path / "tests", seconds=1)
