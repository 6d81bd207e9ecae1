"""docs/requests.md: its examples run, its formats, columns, notes and limits are the code's."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import perfkit
from perfkit.analyses.alerts import THRESHOLDS
from perfkit.formats.registry import formats
from perfkit.tables import TABLES

DOCUMENT = (Path(__file__).parent.parent / "docs" / "requests.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", DOCUMENT, re.DOTALL)
PACKAGE = Path(perfkit.__file__).parent
ROOMS = ("formats.requests.", "formats.load_tests.", "formats.metrics.", "formats.orm.rails")
TIMED = re.search(r"log_format timed (.*?);", DOCUMENT, re.DOTALL)[1]
LINE = (
    '127.0.0.1 - - [21/Nov/2026:14:{:02d}:{:02d} +0000] "GET /orders/{} HTTP/1.1" 200 10 "-" "curl"'
    ' 0.{:03d} "0.{:03d}" abc\n'
)
OWN = '127.0.0.1 - - [21/Nov/2026:14:00:00 +0000] "GET / HTTP/1.1" 200 10 0.012\n'


@pytest.fixture(scope="module")
def logs(tmp_path_factory):
    """Logs under the names that the document uses."""
    folder = tmp_path_factory.mktemp("docs")
    lines = (LINE.format(n // 60, n % 60, n, n % 90, n % 80) for n in range(900))
    (folder / "access.log").write_text("".join(lines))
    (folder / "own.log").write_text(OWN * 5)
    return folder


@pytest.fixture(scope="module")
def names(logs):
    rec = perfkit.load(logs / "access.log").mark("2026-11-21T14:05:00Z", "deploy 841")
    return {"perfkit": perfkit, "rec": rec}


@pytest.mark.parametrize("code", BLOCKS, ids=lambda code: code.splitlines()[0][:40])
def test_an_example_runs(code, names, logs, monkeypatch, capsys):
    monkeypatch.chdir(logs)
    exec(compile(code, "docs/requests.md", "exec"), dict(names))
    capsys.readouterr()


def test_the_layout_that_it_recommends_is_read_with_and_without_being_said(logs):
    for said in ({}, {"log_format": f"log_format timed {TIMED};"}):
        rows = perfkit.load(logs / "access.log", **said).arrow("requests")
        assert rows["duration_ms"].to_pylist()[:3] == [0, 1, 2]
        assert rows["upstream_ms"].to_pylist()[:3] == [0, 1, 2]


def test_every_format_is_named_and_no_other():
    own = {one.name for one in formats() if one.parse.__module__[8:].startswith(ROOMS)}
    column = {cell for row in _table("source") for cell in re.findall(r"`([\w-]+)`", row[-1])}
    assert column == own


def test_every_column_of_requests_is_explained_and_no_other():
    told = {name for row in _table("column") for name in re.findall(r"`(\w+)`", row[0])}
    assert told == set(TABLES["requests"].names) - {"source", "line", "attributes"}


def test_every_kind_of_note_is_explained():
    told = {name for row in _table("note") for name in re.findall(r"`(\w+)`", row[0])}
    made = set()
    for room in ("requests", "load_tests", "metrics"):
        for path in (PACKAGE / "formats" / room).rglob("*.py"):
            made |= set(re.findall(r'Note\(\s*kind="(\w+)"', path.read_text(encoding="utf-8")))
    assert made <= told, made - told


def test_the_thresholds_are_those_of_the_code():
    told = {row[0].strip("`"): (float(row[1]), row[2]) for row in _table("threshold")}
    assert told == {name: (one.default, one.meaning) for name, one in THRESHOLDS.items()}


def test_every_alert_rule_is_named_and_no_other():
    told = {name for row in _table("rule") for name in re.findall(r"`([\w-]+)`", row[0])}
    checked = perfkit.baseline(perfkit.sample("healthy")).sections["Rules checked"]
    assert told == set(checked["rule"].to_pylist())


def _table(first):
    """Rows of the Markdown table whose first heading is this."""
    lines = DOCUMENT.splitlines()
    begin = next(n for n, line in enumerate(lines) if line.startswith(f"| {first} "))
    rows = []
    for line in lines[begin + 2 :]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    return rows
