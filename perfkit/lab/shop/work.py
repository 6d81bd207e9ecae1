"""How long the shop's own work takes: a release that is a little slower, or a little faster.

A fault is on or off and hard to miss. Work has a size, so that two releases can differ by as
much as real ones do.
"""

from __future__ import annotations

import math
import random

from perfkit.errors import UsageError

__all__ = ["WORK", "Work"]

#: name -> what takes this long, and how long at first (milliseconds; ``spread`` has no unit).
WORK: dict[str, tuple[str, float]] = {
    "render_ms": ("GET /report draws its picture", 80.0),
    "fraud_check_ms": ("POST /checkout looks at the customer before the charge", 0.0),
    "spread": ("sigma of the logarithm of both: the times above are medians", 0.0),
}
#: No request of the demo needs longer, and a typing error must not stop it for an hour.
LONGEST_MS = 10_000.0


class Work:
    """The durations of one shop's work."""

    def __init__(self) -> None:
        """Start with those of `WORK`."""
        self._values = {name: first for name, (_, first) in WORK.items()}

    def change(self, values: dict[str, float]) -> None:
        """Set the named durations; leave the others alone.

        Raises:
            UsageError: no work has this name, or a value is below 0 or above 10 s.
        """
        if unknown := sorted(values.keys() - WORK.keys()):
            raise UsageError(f"work: nothing is called {unknown[0]!r}", hint=", ".join(WORK))
        for name, value in values.items():
            if not 0 <= value <= LONGEST_MS:
                raise UsageError(
                    f"work: {name}={value!r} is not within 0 and {LONGEST_MS:g}",
                    hint=f"{name}={WORK[name][1]:g}",
                )
        self._values |= values

    def values(self) -> dict[str, float]:
        """Return every duration, in the order of `WORK`."""
        return dict(self._values)

    def seconds(self, name: str) -> float:
        """Return how long the work ``name`` takes this time."""
        factor = math.exp(random.gauss(0.0, self._values["spread"]))
        return self._values[name] / 1000 * factor
