"""The shop's faults by name, and which of them are on.

Each fault has a fixed twin behind the same URL; nothing else differs, so that
a before and an after can be compared.
"""

from __future__ import annotations

from perfkit.errors import UsageError

__all__ = ["FAULTS", "Faults", "chosen"]

#: name -> what happens while the fault is on.
FAULTS: dict[str, str] = {
    "n_plus_one": "GET /orders asks for the items of each order separately",
    "missing_index": "the indexes behind GET /orders/search are dropped",
    "pool_starvation": "POST /checkout holds a pooled connection while the payment service answers",
    "blocking_call": "GET /report renders inside the event loop",
    "sequential_calls": "GET /dashboard calls three services one after the other",
    "slow_serialization": "GET /export turns every row into nested models and those into JSON",
}


def chosen(names: object) -> frozenset[str]:
    """Return ``names`` (any iterable of fault names) as a set.

    Raises:
        UsageError: a name is no fault.
    """
    if isinstance(names, str) or not hasattr(names, "__iter__"):
        raise UsageError(f"faults: {names!r} is not a list of names", hint='faults=["n_plus_one"]')
    found = frozenset(str(name) for name in names)
    if unknown := sorted(found - FAULTS.keys()):
        raise UsageError(f"faults: no fault is called {unknown[0]!r}", hint=", ".join(FAULTS))
    return found


class Faults:
    """The switches of one shop; all off at first."""

    def __init__(self, on: object = ()) -> None:
        """Start with the faults named in ``on``."""
        self._on = chosen(on)

    def __contains__(self, name: str) -> bool:
        """Say whether the fault ``name`` is on."""
        return name in self._on

    def switch(self, states: dict[str, bool]) -> None:
        """Switch the faults named in ``states`` on or off; leave the others alone."""
        named = chosen(states)
        self._on = (self._on - named) | {name for name in named if states[name]}

    def states(self) -> dict[str, bool]:
        """Return every fault with its state, in the order of `FAULTS`."""
        return {name: name in self._on for name in FAULTS}
