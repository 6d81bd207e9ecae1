"""docs/traces.md: its examples run, its formats, columns and rules are those of the code."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest

import perfkit
from perfkit.formats.registry import formats
from perfkit.shipped import folder
from perfkit.tables import TABLES

DOCUMENT = (Path(__file__).parent.parent / "docs" / "traces.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", DOCUMENT, re.DOTALL)
PACKAGE = Path(perfkit.__file__).parent
TRACES = "perfkit.formats.traces."


@pytest.fixture(scope="module")
def traces(tmp_path_factory):
    """The traces of the shop's launch under the name that the document uses."""
    directory = tmp_path_factory.mktemp("docs")
    packed = folder("sample_data") / "shop_launch" / "traces.jsonl.gz"
    (directory / "traces.json").write_bytes(gzip.decompress(packed.read_bytes()))
    return directory


@pytest.fixture(scope="module")
def names(traces):
    return {"perfkit": perfkit, "rec": perfkit.load(traces / "traces.json")}


def test_there_are_examples():
    assert len(BLOCKS) >= 8


@pytest.mark.parametrize("code", BLOCKS, ids=lambda code: code.splitlines()[0][:40])
def test_an_example_runs(code, names, traces, monkeypatch, capsys):
    monkeypatch.chdir(traces)
    exec(compile(code, "docs/traces.md", "exec"), dict(names))
    capsys.readouterr()


def test_every_format_of_traces_is_named_and_no_other():
    own = {one.name for one in formats() if one.parse.__module__.startswith(TRACES)}
    column = {cell for row in _table("system") for cell in re.findall(r"`([\w-]+)`", row[-1])}
    assert column == own


def test_every_column_of_spans_is_explained_and_no_other():
    told = {name for row in _table("column") for name in re.findall(r"`(\w+)`", row[0])}
    assert told == set(TABLES["spans"].names) - {"source", "line"}


def test_every_kind_of_note_that_a_trace_format_makes_is_explained():
    told = {name for row in _table("kind") for name in re.findall(r"`(\w+)`", row[0])}
    made = _in_code("formats/traces", r'Note\(\s*kind="(\w+)"') | {"broken_spans", "dropped_data"}
    assert made <= told, made - told


def test_every_rule_of_the_analyses_is_named():
    parts = ("repeats", "critical_paths", "parallel", "external/rules")
    rules = set().union(*(_in_code(f"analyses/{part}", r'rule="([\w-]+)"') for part in parts))
    rules |= _in_code("analyses/tails", r'"(tail-\w+)"') | {"n-plus-one"}
    assert len(rules) > 10
    assert {rule for rule in rules if f"`{rule}`" not in DOCUMENT} == set()


def _in_code(place, pattern):
    """What the modules below ``place`` contain."""
    texts = (path.read_text(encoding="utf-8") for path in (PACKAGE / place).rglob("*.py"))
    return {found for text in texts for found in re.findall(pattern, text)}


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
