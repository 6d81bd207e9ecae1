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
