import json

import pyarrow as pa
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.testing.globalipapp import start_ipython
from IPython.utils.capture import capture_output

from perfkit.results import Result
from perfkit.views import notebook, theme

PLOTLY = "application/vnd.plotly.v1+json"


@pytest.fixture
def kernel(monkeypatch):
    class Shell:
        kernel = object()

    shown = []
    monkeypatch.setattr(notebook, "get_ipython", Shell)
    monkeypatch.setattr(notebook, "display", lambda bundle, raw: shown.append(bundle))
    return shown


def test_a_notebook_gets_two_outputs(kernel, large_result):
    notebook.show(large_result)
    first, second = kernel
    assert set(first) == {"text/plain", "text/html"}
    assert set(second) == {PLOTLY, "text/html", "text/plain"}
    assert second[PLOTLY]["config"] == dict(theme.CONFIG)
    assert {"data", "layout"} <= set(second[PLOTLY])


def test_the_figure_output_stays_below_300_kb(kernel, large_result):
    notebook.show(large_result)
    assert len(json.dumps(kernel[1])) < 300_000


def test_an_analysis_without_a_picture_gives_one_output(kernel):
    notebook.show(
        Result(analysis="no_such_view", question="?", headline="!", arrow=pa.table({}), noun="rows")
    )
    assert [set(bundle) for bundle in kernel] == [{"text/plain", "text/html"}]


def test_a_terminal_gets_the_text_alone(large_result, monkeypatch, capsys):
    monkeypatch.setattr(notebook, "get_ipython", lambda: None)
    notebook.show(large_result)
    assert capsys.readouterr().out == large_result.to_text() + "\n"


def test_ipython_in_a_terminal_shows_the_text_alone(large_result):
    shell = start_ipython() or InteractiveShell.instance()
    assert not hasattr(shell, "kernel")
    with capture_output() as captured:
        shell.display_formatter.format(large_result)
    assert captured.stdout.strip() == large_result.to_text().strip()
    assert captured.outputs == []
