"""When to stop: a latency budget such as ``p95<300ms``."""

from __future__ import annotations

import re
from dataclasses import dataclass

from perfkit import units
from perfkit.errors import UsageError

__all__ = ["Budget", "parse"]

#: Below 300 ms an interface still feels snappy; there is no prize for the next 10 ms.
DEFAULT = "p95<300ms"

_PATTERN = re.compile(r"\s*p95\s*<=?\s*(\S.{0,20})\Z", re.IGNORECASE)


@dataclass(frozen=True)
class Budget:
    """The 95th percentile that is good enough."""

    p95_ms: float

    def __str__(self) -> str:
        """Return the budget as it is typed."""
        return f"p95 < {units.format_ms(self.p95_ms)}"


def parse(text: str) -> Budget:
    """Read ``"p95<200ms"``; anything else is a :class:`UsageError`."""
    match = _PATTERN.match(text)
    if match is None:
        raise UsageError(
            f"budget {text!r} is not understood", hint='write it as budget="p95<200ms"'
        )
    return Budget(units.parse_duration_ms(match[1].strip()))
