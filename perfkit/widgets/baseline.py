"""Choose a route, a budget and a window, and see whether it is fast enough there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets

from perfkit import budget as budgets
from perfkit import clock
from perfkit.recording import as_recording
from perfkit.visible import visible
from perfkit.widgets.chosen import ALL_ROUTES, PICTURES, Choice, Chosen, sentence
from perfkit.widgets.outputs import Place, Settled, in_notebook
from perfkit.widgets.window import Window, stops

if TYPE_CHECKING:
    from datetime import datetime

    from perfkit.recording import Recording

__all__ = ["Explorer", "explore"]

_ROUTES = 100  # of a longer list nobody finds anything
_WIDE, _LABEL = "min(100%, 640px)", "76px"
_TWIN = "Route, budget, window and picture are chosen here while the notebook runs."
_BROKEN = "This choice could not be shown; the cells below ask the same without widgets."


def explore(data: Any, *, route: str | None = None, budget: str = budgets.DEFAULT) -> None:
    """Show widgets that choose route, budget, window and picture, and below what they choose.

    What was shown last is in the outputs of the cell, so that it is saved with the notebook.

    Args:
        data: a Recording, or a table of requests (DataFrame or Arrow).
        route: chosen at first; None: all of them.
        budget: at first, such as ``"p95<200ms"``; see :func:`perfkit.slo`.

    Raises:
        UsageError: ``data`` is neither, or its time zone is unknown.

    Example:
        >>> explore(perfkit.sample("shop_launch"), budget="p95<200ms")  # doctest: +SKIP
    """
    Explorer(as_recording(data, "requests"), route=route, budget=budget).show()


class Explorer:
    """The widgets of :func:`explore`, and the two outputs below them."""

    def __init__(self, rec: Recording, *, route: str | None = None, budget: str = "") -> None:
        """Make the widgets for ``rec``; see :func:`explore`."""
        self._chosen = Chosen(rec)
        names = self._chosen.baseline(Window()).arrow["route"].drop_null().to_pylist()
        known = route if route in names else None
        self.route = _route(names[:_ROUTES], known)
        self.budget = ipywidgets.Text(
            value=budget,
            description="Budget",
            placeholder=budgets.DEFAULT,
            continuous_update=False,
            tooltip="p95<200ms, p99.9<1s, error_rate<1%, several joined by: and",
            style={"description_width": _LABEL},
        )
        self.window = _window(rec)
        self.picture = ipywidgets.ToggleButtons(
            options=[(name.capitalize(), name) for name in PICTURES],
            layout={"margin": "4px 0 8px 84px"},  # below the others, room for their labels
            style={"button_width": "auto"},
        )
        self._numbers, self._figure = Place(), Place()
        settled = Settled(self.update)
        for control in (self.route, self.budget, self.window, self.picture):
            control.observe(settled, names="value")

    @property
    def choice(self) -> Choice:
        """What the widgets say."""
        return Choice(
            route=self.route.value,
            budget=self.budget.value,
            window=self._chosen_window(),
            picture=self.picture.value,
        )

    def show(self) -> None:
        """Show the widgets and what they choose; where there is no notebook, only the latter."""
        if in_notebook():
            Place().show(self._controls())
        self.update()

    def update(self) -> None:
        """Replace the outputs by what the widgets choose now."""
        choice = self.choice
        numbers = picture = sentence(_BROKEN)
        try:
            numbers = self._chosen.numbers(choice)
            picture = self._chosen.picture(choice)
        finally:  # an error here is nobody's to see: what was chosen before must not stay
            self._numbers.show(numbers)
            self._figure.show(picture)

    def _chosen_window(self) -> Window:
        """Return the window, a step at least; open at the slider's ends, so that nothing is lost.

        (Rows without a time are in none but the whole.)
        """
        times = [at for _, at in self.window.options]
        low, high = self.window.index
        if low == high:
            low, high = (low, high + 1) if high + 1 < len(times) else (low - 1, high)
        return Window(
            None if low == 0 else times[low], None if high == len(times) - 1 else times[high]
        )

    def _controls(self) -> dict[str, Any]:
        row = ipywidgets.Box(
            [self.route, self.budget], layout={"flex_flow": "row wrap", "width": "100%"}
        )
        box = ipywidgets.VBox([row, self.window, self.picture])
        return {**box._repr_mimebundle_(), **sentence(_TWIN)}


def _route(names: list[str], chosen: str | None) -> ipywidgets.Dropdown:
    return ipywidgets.Dropdown(
        options=[(ALL_ROUTES, None), *((visible(name, 60), name) for name in names)],
        value=chosen,
        description="Route",
        tooltip="largest total time first",
        style={"description_width": _LABEL},
    )


def _window(rec: Recording) -> ipywidgets.SelectionRangeSlider:
    """Return the slider over the times of requests; one without stops where none has a time."""
    requests = rec.arrow("requests", ["started_at"])
    span = clock.extent({"requests": requests})
    options: list[tuple[str, datetime | None]] = [("no time is known", None)] * 2
    if span is not None:
        options = [*stops(*span, rec.zone)]
    return ipywidgets.SelectionRangeSlider(
        options=options,
        index=(0, len(options) - 1),
        description="Window",
        disabled=span is None,
        continuous_update=False,
        tooltip=f"when requests began ({rec.zone})",
        layout={"width": _WIDE},
        style={"description_width": _LABEL},
    )
