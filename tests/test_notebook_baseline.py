"""Notebook 01 runs where there is no lab, on the sample and on files of all kinds."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import nbformat
import pytest
from nbformat.v4 import new_code_cell

from perfkit.lab.notebooks import execute, slim, with_parameters
from perfkit.shipped import folder

pytestmark = pytest.mark.timeout(120)

NOTEBOOK = folder("notebooks") / "01_baseline.ipynb"
NO_LAB = """
import perfkit
from perfkit.errors import LabError


def refuse():
    raise LabError("no PostgreSQL")


perfkit.lab.start = refuse
"""
WRK = """Running 5s test @ http://127.0.0.1:8080/hello
  2 threads and 10 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     4.28ms    2.11ms  31.67ms   89.12%
    Req/Sec     1.21k   120.33     1.42k    71.00%
  12050 requests in 5.01s, 9.88MB read
Requests/sec:   2405.19
Transfer/sec:      1.97MB
"""


def run(tmp_path, **parameters):
    """Execute the notebook without a lab; return all that its cells print and show as text."""
    made = nbformat.read(NOTEBOOK, as_version=4)
    made.cells.insert(0, new_code_cell(NO_LAB))
    done = slim(execute(with_parameters(made, parameters), tmp_path))
    outputs = [one for cell in done.cells for one in cell.get("outputs", ())]
    return "\n".join(one.get("text") or one["data"]["text/plain"] for one in outputs)


def access_log(path, *, timed, requests=600):
    """An nginx log of ten minutes, all it knows; halfway /orders/{id} becomes five times slower."""
    chance = random.Random(5)
    start = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
    lines = []
    for number in range(requests):
        at = f"{start + timedelta(seconds=number):%d/%b/%Y:%H:%M:%S} +0000"
        route = (f"/orders/{number}", "/health")[number % 2]
        slow = 5 if number > requests / 2 and number % 2 == 0 else 1
        took = f' "{chance.lognormvariate(-3, 0.3) * slow:.3f}"' if timed else ""
        lines.append(f'10.0.0.1 - - [{at}] "GET {route} HTTP/1.1" 200 512 "-" "curl/8"{took}\n')
    path.write_text("".join(lines))
    return [str(path)]


def test_without_a_lab_the_sample_tells_the_whole_story_without_scripts(tmp_path):
    shown = run(tmp_path)
    assert "The lab cannot run here" in shown
    assert "p95 < 200 ms is broken" in shown
    assert "[figure] All requests: p95 is highest" in shown
    assert "Shown: /orders, all of the time" in shown
    assert "the last deploy mark (launch)" in shown
    assert "One run a side cannot exclude drift" in shown
    assert "run 1 and run 2" in shown
    assert "01.5: not answered yet" in shown
    assert "VBox(" not in shown


def test_an_access_log_alone_tells_since_when_and_whether_it_is_real(tmp_path):
    shown = run(tmp_path, data=access_log(tmp_path / "access.log", timed=True))
    assert "/orders/{" in shown
    assert "08:05" in shown
    assert "the most costly change that was found" in shown


def test_a_log_without_durations_runs_through(tmp_path):
    shown = run(tmp_path, data=access_log(tmp_path / "access.log", timed=False), launch="08:05")
    assert "Before and after 08:05:00 UTC: as you say" in shown


def test_the_summary_of_a_load_test_runs_through(tmp_path):
    (tmp_path / "wrk.txt").write_text(WRK)
    shown = run(tmp_path, data=[str(tmp_path / "wrk.txt")])
    assert "Requests have no times" in shown


def test_a_budget_that_is_kept_says_stop(tmp_path):
    shown = run(tmp_path, budget="p95<10s")
    assert "p95 < 10 s is met" in shown
    assert "01.3: not answered yet" in shown
