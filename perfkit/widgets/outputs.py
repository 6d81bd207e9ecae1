"""Outputs of a cell that are replaced: what was shown last is what the notebook saves.

An ``ipywidgets.Output`` would keep it in the state of the widgets, which is empty wherever no
kernel and no script run (GitHub, nbconvert, a pull request).
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from IPython.core.getipython import get_ipython
from IPython.display import display

from perfkit.views.theme import PLOTLY

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["Place", "Settled", "in_notebook"]

#: Shorter than what people wait for, longer than the pause between two keys or steps of a slider.
SETTLED_S = 0.2


class Place:
    """One output of a cell; showing again replaces it."""

    def __init__(self) -> None:
        """Make it without an output; the first :meth:`show` makes that."""
        self._handle: Any = None

    def show(self, bundle: Mapping[str, Any]) -> None:
        """Show a MIME bundle; where there is no notebook, print its text."""
        if not in_notebook():
            print(bundle["text/plain"])  # noqa: T201 - a terminal's display
        elif self._handle is None:
            self._handle = display(dict(bundle), raw=True, display_id=True)
        else:
            if PLOTLY in bundle:
                self._handle.update(_room_for(bundle), raw=True)
            self._handle.update(dict(bundle), raw=True)


def _room_for(bundle: Mapping[str, Any]) -> dict[str, Any]:
    """Return an empty output as high as the figure.

    plotly's renderer in JupyterLab draws once and never again; only an output of another type
    in between makes it a new one. Of the figure's height, so that the page does not jump.
    """
    height = bundle[PLOTLY]["layout"]["height"]
    return {"text/html": f'<div style="height:{height}px"></div>', "text/plain": ""}


class Settled:
    """Calls ``then`` once, when it has not been called for :data:`SETTLED_S` (debouncing)."""

    def __init__(self, then: Callable[[], None], wait_s: float = SETTLED_S) -> None:
        """Wait ``wait_s`` seconds after the last call."""
        self._then = then
        self._wait_s = wait_s
        self._timer: asyncio.TimerHandle | None = None

    def __call__(self, *_: Any) -> None:
        """Note a change (its description is not looked at); without a loop, act at once."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:  # no loop, as in a script: nobody would call later
            self._then()
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer = loop.call_later(self._wait_s, self._then)


def in_notebook() -> bool:
    """Say whether a notebook shows what is displayed."""
    return hasattr(get_ipython(), "kernel")
