"""Notebook 02 runs where there is no lab, on the sample and on files of all kinds."""

from __future__ import annotations

import nbformat
import pytest
from nbformat.v4 import new_code_cell

from perfkit.lab.notebooks import execute, with_parameters
from perfkit.shipped import folder

pytestmark = pytest.mark.timeout(120)

NOTEBOOK = folder("notebooks") / "02_n_plus_one.ipynb"
NO_LAB = """
import perfkit
from perfkit.errors import LabError


def refuse():
    raise LabError("no PostgreSQL")


perfkit.lab.start = refuse
"""


def run(tmp_path, **parameters):
    """Execute the notebook without a lab; return all that its cells print and show as text."""
    made = nbformat.read(NOTEBOOK, as_version=4)
    made.cells.insert(0, new_code_cell(NO_LAB))
    done = execute(with_parameters(made, parameters), tmp_path)
    outputs = [one for cell in done.cells for one in cell.get("outputs", ())]
    return "\n".join(one.get("text") or one["data"]["text/plain"] for one in outputs)


def sample(name, *files):
    return [str(folder("sample_data") / name / file) for file in files]


def test_without_a_lab_the_sample_shows_the_fault_and_its_twin(tmp_path):
    shown = run(tmp_path)
    assert "The lab cannot run here" in shown
    assert "40 times" in shown
    assert "one per order: 41 statements per request" in shown
    assert "fixed: 2 statements per request" in shown
    assert "No request repeats" in shown
    assert "02.4: not answered yet" in shown


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (sample("shop_launch", "traces.jsonl.gz"), "/orders sends"),
        (sample("healthy", "traces.jsonl.gz"), "No request repeats"),
        (sample("n_plus_one", "postgresql.log.gz"), "in a row"),
        (sample("n_plus_one", "requests.jsonl.gz"), "No request repeats"),
    ],
    ids=["faulty traces", "traces without a finding", "database log", "request log"],
)
def test_it_runs_on_files_of_ones_own(tmp_path, files, expected):
    assert expected in run(tmp_path, data=files)
