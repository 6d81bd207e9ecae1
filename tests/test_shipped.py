"""What comes with perfkit: samples that can be loaded, notebooks that can be shared."""

from __future__ import annotations

import ast
import json
import re

import nbformat
import pytest
from IPython.core.inputtransformer2 import TransformerManager

import perfkit
from perfkit import shipped
from perfkit.errors import UsageError
from perfkit.shipped import copy_notebooks, folder, sample

NOTEBOOKS = sorted(folder("notebooks").glob("*.ipynb"))
SAMPLES = sorted(path.name for path in folder("sample_data").iterdir() if path.is_dir())
#: Where somebody's files are, in any of the usual systems.
MACHINE = re.compile(r"(?<![\w.])/(?:home|root|Users|work|tmp|var|opt|srv)/|[A-Z]:\\\\?Users")


def each(paths):
    return pytest.mark.parametrize("path", paths, ids=lambda path: path.stem)


def test_there_are_notebooks_and_samples():
    assert len(NOTEBOOKS) >= 5
    assert {"healthy", "n_plus_one", "shop_launch", *TABLES} == set(SAMPLES)


@each(NOTEBOOKS)
def test_a_notebook_is_valid_small_and_short(path):
    made = nbformat.read(path, as_version=4)
    nbformat.validate(made)
    assert path.stat().st_size <= 300_000
    assert len(made.cells) <= 25
    assert made.cells[0].cell_type == "markdown"


@each(NOTEBOOKS)
def test_a_notebook_has_exactly_one_cell_of_parameters_and_only_simple_ones(path):
    cells = nbformat.read(path, as_version=4).cells
    (tagged,) = [one for one in cells if "parameters" in one.metadata.get("tags", ())]
    for statement in ast.parse(tagged.source).body:
        assert isinstance(statement, ast.Assign)
        ast.literal_eval(statement.value)


@each(NOTEBOOKS)
def test_no_notebook_tells_whose_machine_it_ran_on_or_that_it_failed(path):
    for cell in nbformat.read(path, as_version=4).cells:
        shown = json.dumps(cell.get("outputs", []))
        assert MACHINE.search(shown) is None, MACHINE.search(shown)
        assert MACHINE.search(cell.source) is None
        assert all(one.output_type != "error" for one in cell.get("outputs", ()))


@each(NOTEBOOKS)
def test_code_of_a_notebook_is_python_or_a_magic(path):
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "code":
            ast.parse(TransformerManager().transform_cell(cell.source))


#: What each sample holds rows of; the stories of the shop hold all three.
TABLES = {
    "load_tests": ["load_tests", "metrics"],
    "two_releases": ["requests"],
    "web_server": ["requests", "events"],
}


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_loads_whole_with_names_that_hide_the_machine(name):
    rec = sample(name)
    for table in TABLES.get(name, ["requests", "spans", "queries"]):
        assert rec.arrow(table).num_rows > 0
    assert {one.name.partition("/")[0] for one in rec.inputs} == {name}
    assert sum(one.rejected for one in rec.inputs) == 0


def test_a_sample_shows_what_its_readme_promises():
    assert perfkit.n_plus_one(sample("n_plus_one")).findings
    assert not perfkit.n_plus_one(sample("healthy")).findings
    launch = sample("shop_launch")
    assert "deploy" in launch.arrow("events")["kind"].to_pylist()


@pytest.mark.parametrize("name", ["", "nothing", "../notebooks", "healthy/", "/etc", ".", "*"])
def test_a_name_that_is_no_sample_lists_those_there_are(name):
    with pytest.raises(UsageError) as caught:
        sample(name)
    assert caught.value.hint == f"samples: {', '.join(SAMPLES)}"


def test_notebooks_are_copied_once_and_what_people_changed_is_kept(tmp_path):
    target = tmp_path / "deep" / "mine"
    copied = copy_notebooks(target)
    assert [path.name for path in copied] == [path.name for path in NOTEBOOKS]
    assert copied[0].read_bytes() == NOTEBOOKS[0].read_bytes()
    copied[0].write_text("mine")
    copied[1].unlink()
    assert copy_notebooks(target) == [copied[1]]
    assert copied[0].read_text() == "mine"


def test_a_file_is_no_folder_to_copy_to(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="is not a folder"):
        copy_notebooks(tmp_path / "file")


def test_the_wheels_own_folder_wins_over_the_checkout(tmp_path, monkeypatch):
    package = tmp_path / "perfkit"
    monkeypatch.setattr(shipped, "__file__", str(package / "shipped.py"))
    assert folder("notebooks") == tmp_path / "notebooks"
    (package / "_shipped" / "notebooks").mkdir(parents=True)
    assert folder("notebooks") == package / "_shipped" / "notebooks"
    assert folder("sample_data") == tmp_path / "sample_data"
