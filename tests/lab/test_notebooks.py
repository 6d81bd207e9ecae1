"""Notebooks are executed in a real kernel."""

from __future__ import annotations

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from perfkit.errors import LabError
from perfkit.lab import notebooks
from perfkit.lab.notebooks import execute, main, slim, with_parameters


def notebook(*cells):
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return new_notebook(cells=list(cells), metadata={"kernelspec": kernel})


def parameters(code="n = 1"):
    return new_code_cell(code, metadata={"tags": ["parameters"]})


def test_cells_run_in_order_in_their_folder_with_the_parameters_given(tmp_path):
    (tmp_path / "data.txt").write_text("from the folder")
    made = notebook(
        new_markdown_cell("# Title"),
        parameters(),
        new_code_cell("text = open('data.txt').read()"),
        new_code_cell("f'{text} {n + 1}'"),
    )
    done = execute(with_parameters(made, {"n": 41}), tmp_path)
    assert done.cells[-1].outputs[0].data["text/plain"] == "'from the folder 42'"


def test_a_cell_that_fails_is_an_error_with_what_it_said(tmp_path):
    with pytest.raises(LabError, match="ZeroDivisionError") as caught:
        execute(notebook(new_code_cell("1 / 0")), tmp_path)
    assert caught.value.hint


def test_parameters_come_right_behind_their_defaults_and_change_nothing_else():
    made = notebook(new_markdown_cell("a"), parameters("n = 1\nname = 'x'"), new_code_cell("n"))
    done = with_parameters(made, {"n": 7, "name": 'it\'s "quoted"\n'})
    assert len(done.cells) == 4
    assert done.cells[2].metadata.tags == ["injected-parameters"]
    namespace = {}
    exec(done.cells[2].source, namespace)
    assert (namespace["n"], namespace["name"]) == (7, 'it\'s "quoted"\n')
    assert len(made.cells) == 3
    nbformat.validate(done)


def test_a_shared_notebook_keeps_texts_and_loses_plots_widgets_and_timings():
    outputs = [
        nbformat.v4.new_output(
            "display_data",
            data={
                "text/html": "<b>1</b>",
                "application/vnd.plotly.v1+json": {"data": []},
                "application/vnd.jupyter.widget-view+json": {"model_id": "x"},
            },
        )
    ]
    cell = new_code_cell("1", outputs=outputs, metadata={"execution": {"started": "now"}})
    made = notebook(cell, new_markdown_cell("b"))
    made.metadata["widgets"] = {"state": {}}
    done = slim(made)
    assert set(done.cells[0].outputs[0].data) == {"text/html"}
    assert "widgets" not in done.metadata
    assert "execution" not in done.cells[0].metadata
    assert [one["id"] for one in done.cells] == ["cell-00", "cell-01"]
    nbformat.validate(done)


def test_making_twice_writes_the_same_bytes(tmp_path, capsys):
    path = tmp_path / "one.ipynb"
    nbformat.write(notebook(parameters(), new_code_cell("print(n)")), path)
    main(tmp_path)
    first = path.read_text()
    main(tmp_path)
    assert path.read_text() == first
    assert first.endswith("\n")
    assert capsys.readouterr().out.startswith("one.ipynb: ")


def test_a_notebook_that_grows_too_large_is_refused_and_kept_as_it_was(tmp_path, monkeypatch):
    monkeypatch.setattr(notebooks, "SIZE_LIMIT", 2000)
    path = tmp_path / "big.ipynb"
    nbformat.write(notebook(new_code_cell("print('x' * 3000)")), path)
    before = path.read_text()
    with pytest.raises(LabError, match=r"big\.ipynb: \d+ bytes, more than 2000"):
        main(tmp_path)
    assert path.read_text() == before
