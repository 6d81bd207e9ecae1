"""How a Result shows itself in IPython: the one view that talks to the notebook.

Two outputs: first findings and table, then the figure. JupyterLab shows the richest part
of an output and nothing else of it, nbconvert and GitHub the HTML; so each output says
the same in every form it has.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from IPython.core.getipython import get_ipython
from IPython.display import display

from perfkit.views import html, text, theme

if TYPE_CHECKING:
    from perfkit.results import Result

__all__ = ["bundles", "show"]


def show(result: Result) -> None:
    """Display findings and table, then the figure; in a terminal only the text."""
    shell = get_ipython()
    if shell is None or not hasattr(shell, "kernel"):
        print(text.render(result))  # noqa: T201 - a terminal's display
        return
    for bundle in bundles(result):
        display(bundle, raw=True)


def bundles(result: Result) -> list[dict[str, Any]]:
    """Return the MIME bundles of the one or two outputs."""
    first = {"text/plain": text.render(result), "text/html": html.render(result)}
    if find_spec(f"perfkit.views.{result.analysis}") is None:
        return [first]
    return [first, theme.bundle(result.figure)]
