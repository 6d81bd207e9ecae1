"""Repeats of one target on one route, over all the requests that show them."""

from __future__ import annotations

import statistics
from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from perfkit.analyses.repeats.calls import Target
    from perfkit.analyses.repeats.find import Repeat

__all__ = ["Pattern", "patterns", "worth_reporting"]

#: Enough time to matter by itself (Sentry's N+1 detector, lowered from 100 ms after an audit).
LONG_MS = 50.0
#: A large part of the request; below 2 ms its removal would be lost in any measurement.
LARGE_SHARE = 0.10
SHORTEST_MS = 2.0
#: Of so many requests of a route, what only one of them or less than one in a hundred does is
#: the filling of a cache or the first use of something: no request to come pays for it.
ENOUGH_REQUESTS = 20
RARE = 0.01
#: No handler needs that many round trips. A database on the same machine answers in 0.1 ms
#: and hides them; over a network at 0.5 to 1 ms each they are 10 to 20 ms.
MANY = 20


@dataclass(frozen=True, kw_only=True)
class Pattern:
    """One N+1: target and route, and every request in which it was found (never empty).

    ``served`` counts the requests of the route, with and without it; 0: unknown.
    """

    target: Target
    route: str | None
    found: Sequence[Repeat]
    served: int = 0

    @property
    def requests(self) -> int:
        """Requests in which the target repeats."""
        return len(self.found)

    @cached_property
    def repeats(self) -> int:
        """Median per request; of an even number of requests the lower one."""
        return statistics.median_low(repeat.repeats for repeat in self.found)

    @cached_property
    def time_ms(self) -> float:
        """Median per request."""
        return statistics.median(repeat.time_ms for repeat in self.found)

    @cached_property
    def saves_ms(self) -> float:
        """Median per request."""
        return statistics.median(repeat.saves_ms for repeat in self.found)

    @cached_property
    def share(self) -> float:
        """Median share of the request's duration."""
        return statistics.median(repeat.share for repeat in self.found)

    @property
    def varies(self) -> bool:
        """Whether N follows the data: it is not the same in all requests."""
        return len({repeat.repeats for repeat in self.found}) > 1

    @property
    def rare(self) -> bool:
        """Whether hardly any request of the route does it."""
        return self.served >= ENOUGH_REQUESTS and self.requests <= max(1, RARE * self.served)

    @property
    def source(self) -> str | None:
        """The statement that most often comes right before the first repeat."""
        counted = Counter(repeat.source for repeat in self.found if repeat.source)
        return min(counted, key=lambda text: (-counted[text], text)) if counted else None

    @property
    def typical(self) -> Repeat:
        """The request closest to the median in repeats and time."""
        return min(
            self.found,
            key=lambda repeat: (
                abs(repeat.repeats - self.repeats),
                abs(repeat.time_ms - self.time_ms),
                repeat.trace_id or "",
            ),
        )


def patterns(
    found: Sequence[Repeat], served: Mapping[str | None, int] | None = None
) -> list[Pattern]:
    """Return the patterns worth reporting, those that cost most in all first.

    ``served``: requests of each route, where they are known.
    """
    counts = served or {}
    together: defaultdict[tuple[Target, str | None], list[Repeat]] = defaultdict(list)
    for repeat in found:
        together[repeat.target, repeat.route].append(repeat)
    all_patterns = (
        Pattern(target=target, route=route, found=tuple(same), served=counts.get(route, 0))
        for (target, route), same in together.items()
    )
    return sorted(
        filter(worth_reporting, all_patterns),
        key=lambda p: (-p.saves_ms * p.requests, p.target.text, p.route or ""),
    )


def worth_reporting(pattern: Pattern) -> bool:
    """Say whether a pattern costs enough, in the median of its requests.

    It takes :data:`LONG_MS`, or :data:`LARGE_SHARE` of the request and :data:`SHORTEST_MS`, or
    repeats :data:`MANY` times, and is not :attr:`Pattern.rare`.
    """
    if pattern.rare:
        return False
    large = pattern.share >= LARGE_SHARE and pattern.time_ms >= SHORTEST_MS
    return large or pattern.time_ms >= LONG_MS or pattern.repeats >= MANY
