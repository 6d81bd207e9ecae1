"""What one notebook holds: its connections and its lab."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from perfkit.errors import UsageError
from perfkit.magics.connections import Connections

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    from perfkit.results import Result

__all__ = ["Session"]


@dataclass
class Session:
    """The state behind the magics of one kernel; ``namespace`` holds the user's variables."""

    namespace: MutableMapping[str, Any]
    connections: Connections = field(default_factory=Connections)
    lab: Any = None
    saved: dict[str, Any] = field(default_factory=dict)

    def plan(self, name: str) -> Any:
        """Return what ``--compare NAME`` names: a saved result, or a variable that holds a plan.

        Raises:
            UsageError: there is neither.
        """
        if name in self.saved:
            return self.saved[name]
        value = self.namespace.get(name)
        if isinstance(value, str | dict | list) or hasattr(value, "plan") or hasattr(value, "tree"):
            return value
        saved = ", ".join(sorted(self.saved)) or "nothing"
        what = "holds no plan" if name in self.namespace else "is neither saved nor a variable"
        raise UsageError(
            f"--compare {name}: it {what}", hint=f"--save {name} first; saved so far: {saved}"
        )

    def keep(self, name: str, result: Result) -> Result:
        """Store ``result`` under ``name`` (``-o NAME``) and hand it on."""
        if name:
            self.namespace[name] = result
        return result

    def release(self) -> None:
        """Let go of the lab, if this notebook holds it."""
        if self.lab is not None:
            self.connections.engines.pop("lab", None)
            self.lab.stop()
            self.lab = None
