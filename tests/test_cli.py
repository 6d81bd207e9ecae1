"""The command line as a process: words, formats, exit status, no traceback for a mistake."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

LINE = (
    '{{"event":"request_finished","timestamp":"2026-03-01T14:00:{:02d}Z","level":"info",'
    '"method":"GET","path":"/orders","route":"/orders","status":200,"duration_ms":{},'
    '"trace_id":"{:032x}"}}\n'
)


def perfkit(*arguments, cwd=None):
    command = [sys.executable, "-m", "perfkit.cli", *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=120, check=False, cwd=cwd
    )


@pytest.fixture
def log(tmp_path):
    path = tmp_path / "requests.jsonl"
    path.write_text("".join(LINE.format(n % 60, 1500 + n, n) for n in range(100)))
    return path


@pytest.mark.parametrize("verb", ["diagnose", "digest", "baseline"])
def test_each_analysis_answers_as_text_json_and_html(log, verb):
    assert perfkit(verb, str(log)).returncode == 0
    answer = json.loads(perfkit(verb, str(log), "--format", "json").stdout)
    assert answer["schema"] == f"perfkit.{verb}/1"
    assert {"totals", "findings"} <= answer.keys()
    assert perfkit(verb, str(log), "--format", "html").stdout.startswith("<!doctype html>")


def test_a_file_is_written_instead_of_printing(log, tmp_path):
    done = perfkit("baseline", str(log), "--format", "json", "-o", str(tmp_path / "out.json"))
    assert (done.returncode, done.stdout) == (0, "")
    assert json.loads((tmp_path / "out.json").read_text())["routes"][0]["route"] == "/orders"


def test_fail_on_turns_findings_into_status_1_and_only_when_asked(log):
    assert perfkit("diagnose", str(log)).returncode == 0
    assert perfkit("diagnose", str(log), "--fail-on", "info").returncode == 1
    assert perfkit("diagnose", str(log), "--fail-on", "critical").returncode == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ["digest", "missing.log"],
        ["diagnose", "."],
        ["baseline", "empty.log"],
        ["load", "binary.bin"],
        ["diagnose", "requests.jsonl", "--incident", "99:99", "25:00"],
        ["diagnose", "requests.jsonl", "--budget", "fast"],
        ["baseline", "requests.jsonl", "-o", "no/such/folder/out.txt"],
        ["baseline", "requests.jsonl", "--threshold", "error_rate"],
        ["baseline", "requests.jsonl", "--threshold", "eror_rate=0.02"],
        ["baseline", "requests.jsonl", "--routes", "missing.yaml"],
        ["slo", "requests.jsonl", "--budget", "mean<3ms"],
        ["compare", "requests.jsonl"],
        ["compare", "requests.jsonl", "missing.jsonl"],
        ["compare", "requests.jsonl", "--at", "99:99"],
    ],
)
def test_a_mistake_is_one_sentence_a_hint_and_status_2(tmp_path, log, arguments):
    (tmp_path / "empty.log").write_text("")
    (tmp_path / "binary.bin").write_bytes(bytes(range(256)) * 64)
    (tmp_path / "empty").mkdir()
    done = perfkit(*arguments, cwd=tmp_path / "empty" if arguments[-1] == "." else tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("perfkit: ")
    assert "hint: " in done.stderr
    assert "Traceback" not in done.stderr


def test_a_recording_is_saved_and_read_again(log, tmp_path):
    saved = tmp_path / "incident.perfkit"
    assert perfkit("load", str(log), "-o", str(saved)).returncode == 0
    first = json.loads(perfkit("baseline", str(log), "--format", "json").stdout)
    again = json.loads(perfkit("baseline", str(saved), "--format", "json").stdout)
    assert first["routes"] == again["routes"]


def test_notebooks_are_copied_and_existing_ones_kept(tmp_path):
    assert "5 notebooks" in perfkit("notebooks", str(tmp_path / "nb")).stdout
    mine = tmp_path / "nb" / "01_baseline.ipynb"
    mine.write_text("mine")
    assert "0 notebooks" in perfkit("notebooks", str(tmp_path / "nb")).stdout
    assert mine.read_text() == "mine"


@pytest.mark.parametrize("verb", ["digest", "diagnose", "load"])
def test_text_and_json_import_neither_pandas_nor_scipy(log, verb):
    code = (
        "import sys; from perfkit.cli import main\n"
        f"status = main([{verb!r}, {str(log)!r}, '--format', 'json'])\n"
        "sys.exit(status or ('pandas' in sys.modules) or ('scipy' in sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr


def written(path, *times):
    path.write_text("".join(LINE.format(n % 60, ms, n) for n, ms in enumerate(times)))
    return str(path)


def test_two_files_are_compared_and_so_are_the_runs_of_two_folders(tmp_path):
    (tmp_path / "old").mkdir()
    (tmp_path / "new").mkdir()
    for run in range(3):
        written(tmp_path / "old" / f"{run}.jsonl", *(100 + n % 7 for n in range(200)))
        written(tmp_path / "new" / f"{run}.jsonl", *(150 + n % 7 for n in range(200)))
    one = ("old/0.jsonl", "new/0.jsonl")
    for sides in (one, ("old", "new", "--runs"), ("old/*.jsonl", "new/*.jsonl", "--runs")):
        done = perfkit("compare", *sides, "--format", "json", cwd=tmp_path)
        (row,) = json.loads(done.stdout)["routes"]
        assert (row["route"], row["verdict"]) == ("/orders", "slower")
        assert row["shift_pct"] == pytest.approx(48.5, abs=1.5)
    failing = perfkit("compare", *one, "--fail-on", "warning", cwd=tmp_path)
    assert failing.returncode == 1


def test_before_and_after_may_be_in_one_file(tmp_path):
    path = written(tmp_path / "day.jsonl", *([100, 101, 102] * 10 + [200, 201, 202] * 10))
    done = perfkit("compare", path, "--at", "2026-03-01T14:00:30Z", "--format", "json")
    (row,) = json.loads(done.stdout)["routes"]
    # a request that was logged at 14:00:30 began before
    assert (row["verdict"], row["n_before"], row["n_after"]) == ("slower", 31, 29)


def test_a_budget_that_is_broken_fails_a_build_that_asks_for_it(log):
    asked = ("slo", str(log), "--budget")
    assert perfkit(*asked, "p95<3s", "--fail-on", "warning").returncode == 0
    assert perfkit(*asked, "p95<1s", "--fail-on", "warning").returncode == 1


def test_the_apps_own_routes_name_the_requests(tmp_path):
    path = tmp_path / "r.jsonl"
    line = LINE.format(1, 5, 1).replace('"route":"/orders",', "").replace('"/orders"', '"/a/b"')
    path.write_text(line * 10)
    (tmp_path / "routes.txt").write_text("GET /a/{letter}\n")
    done = perfkit("baseline", str(path), "--routes", "routes.txt", "--format", "json",
                   cwd=tmp_path)  # fmt: skip
    assert [row["route"] for row in json.loads(done.stdout)["routes"]] == ["/a/{letter}"]


def test_a_streamed_baseline_counts_the_same(log):
    loaded, streamed = (
        json.loads(perfkit("baseline", str(log), "--format", "json", *more).stdout)
        for more in ((), ("--stream",))
    )
    assert streamed["totals"]["requests"] == loaded["totals"]["requests"] == 100
    assert streamed["totals"]["p95_ms"] == pytest.approx(loaded["totals"]["p95_ms"], rel=0.011)


def test_since_when_answers_as_text_and_json(log):
    assert "Since when" in perfkit("since-when", str(log)).stdout
    answer = json.loads(perfkit("since-when", str(log), "--format", "json").stdout)
    assert answer["schema"] == "perfkit.since_when/1"


def test_a_time_outside_of_the_files_is_answered_with_the_times_they_hold(tmp_path):
    path = written(tmp_path / "day.jsonl", *([100] * 20))
    done = perfkit("compare", path, "--at", "2026-03-01T13:00:00Z")
    assert done.returncode == 2
    assert "nothing was recorded before '2026-03-01T13:00:00Z' (--at)" in done.stderr
    assert "a time from 2026-03-01 13:59:59 to 2026-03-01 14:00:1" in done.stderr


@pytest.mark.parametrize("more", [("--routes", "r.txt"), ("--threshold", "error_rate=0.02")])
def test_a_stream_refuses_what_needs_rows(log, more):
    done = perfkit("baseline", str(log), "--stream", *more)
    assert done.returncode == 2
    assert f"{more[0]}: not with --stream" in done.stderr
