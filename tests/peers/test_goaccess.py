"""goaccess counts the same log: what a real nginx wrote, line by line."""

from __future__ import annotations

import gzip
import json
import shutil
import subprocess
from collections import Counter
from urllib.parse import unquote

import pytest

import perfkit
from perfkit.shipped import folder

LAYOUT = '%h %^[%d:%t %^] "%r" %s %b "%R" "%u" rt=%T %^'


@pytest.fixture(scope="module")
def log(tmp_path_factory):
    if shutil.which("goaccess") is None:
        pytest.skip("goaccess is not installed")
    packed = folder("sample_data") / "web_server" / "access.log.gz"
    path = tmp_path_factory.mktemp("goaccess") / "access.log"
    path.write_bytes(gzip.decompress(packed.read_bytes()))
    return path


@pytest.fixture(scope="module")
def theirs(log):
    output = log.with_suffix(".json")
    formats = ["--date-format=%d/%b/%Y", "--time-format=%T", f"--log-format={LAYOUT}"]
    command = ["goaccess", log, *formats, "--no-global-config", "--no-progress", "-o", output]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    return json.loads(output.read_text())


@pytest.fixture(scope="module")
def ours(log):
    return perfkit.load(log).requests


def _as_they_show_it(path):
    """goaccess decodes paths, and its texts end at a NUL."""
    return unquote(path).split("\0")[0]


def test_every_line_is_a_request_of_both(theirs, ours):
    assert len(ours) == theirs["general"]["valid_requests"] == 3304
    assert ours["response_bytes"].sum() == theirs["general"]["bandwidth"]


def test_the_same_statuses(theirs, ours):
    items = [item for group in theirs["status_codes"]["data"] for item in group["items"]]
    told = {int(item["data"][:3]): item["hits"]["count"] for item in items}
    assert told == dict(Counter(ours["status"].tolist()))


def test_the_same_requests_and_the_same_time_on_each(theirs, ours):
    shown = ours["path"].map(_as_they_show_it)
    by_path = ours.groupby(["method", shown], observed=True)["duration_ms"].agg(
        ["count", "mean", "max"]
    )
    panel = theirs["requests"]["data"]
    assert len(panel) > 300
    for row in panel:
        mine = by_path.loc[row["method"], row["data"]]
        assert mine["count"] == row["hits"]["count"]
        assert mine["mean"] == pytest.approx(int(row["avgts"]) / 1000, abs=0.001)
        assert mine["max"] == pytest.approx(int(row["maxts"]) / 1000, abs=0.001)
