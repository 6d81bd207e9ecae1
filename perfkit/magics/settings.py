"""``%config Perfkit``: settings of the session."""

from __future__ import annotations

from traitlets import Bool, observe
from traitlets.config import Configurable

from perfkit.errors import PerfkitError

__all__ = ["Perfkit"]


class Perfkit(Configurable):
    """Settings of perfkit in this session."""

    tracebacks = Bool(
        default_value=False, help="Print full tracebacks for perfkit's own errors."
    ).tag(config=True)

    @observe("tracebacks")
    def _tracebacks_changed(self, change: dict[str, bool]) -> None:
        PerfkitError.tracebacks = change["new"]
