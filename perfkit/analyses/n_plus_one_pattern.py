"""Repeats of one target on one route, over all the requests that show them."""

from __future__ import annotations

import statistics as plain
from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from perfkit import statistics
from perfkit.analyses.repeats.statement_kinds import writes
from perfkit.analyses.repeats.variants import variant

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from perfkit.analyses.repeats.calls import Target
    from perfkit.analyses.repeats.find import Repeat

__all__ = ["Pattern", "patterns", "worth_reporting"]

#: Enough time to matter by itself (Sentry's N+1 detector, lowered from 100 ms after an audit).
LONG_MS = 50.0
#: A large part of the request; less than 5 ms is lost in any measurement.
LARGE_SHARE = 0.10
SHORTEST_MS = 5.0
#: Of so many requests of a route, what only one of them or less than one in a hundred does is
#: the filling of a cache or the first use of something: no request to come pays for it.
ENOUGH_REQUESTS = 20
RARE = 0.01
#: No handler needs that many round trips. A database on the same machine answers in 0.2 ms
#: and hides them; over a network at 0.5 to 1 ms each they are 10 to 20 ms.
MANY = 20
#: What is guessed (a session's statements, calls that do not show what they are for) has to be
#: seen so often, without a pause between the calls, and N has to follow the data ...
SEEN = 3
TIGHT_MS = 20.0
#: ... or, where it is the length of a page, to be seen so often.
SEEN_ALIKE = 10
#: In sessions, so many have to show it, after one and the same statement so often.
SESSIONS = 2
SAME_SOURCE = 0.8


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
    def weight(self) -> float:
        """Requests that these stand for: more than :attr:`requests` in sampled data."""
        return sum(repeat.weight for repeat in self.found)

    @cached_property
    def repeats(self) -> int:
        """Median per request; of an even number of requests the lower one."""
        return plain.median_low(repeat.repeats for repeat in self.found)

    @cached_property
    def time_ms(self) -> float:
        """Median per request."""
        return plain.median(repeat.time_ms for repeat in self.found)

    @cached_property
    def saves_ms(self) -> float:
        """Median per request."""
        return plain.median(repeat.saves_ms for repeat in self.found)

    @cached_property
    def saves_range_ms(self) -> tuple[float, float]:
        """Lowest and highest saving per request, in the median.

        From the lower end of the 95 % interval of what is saved at least to the upper end of
        that of what is saved at most (see :mod:`.repeats.saving`). NaN of fewer than six
        requests, of whose median no such interval exists.
        """
        least = statistics.quantile_interval([r.least_ms for r in self.found], 0.5)
        most = statistics.quantile_interval([r.most_ms for r in self.found], 0.5)
        return min(least[0], self.saves_ms), max(most[1], self.saves_ms)

    @cached_property
    def share(self) -> float:
        """Median share of the request's duration."""
        return plain.median(repeat.share for repeat in self.found)

    @cached_property
    def also(self) -> tuple[Target, ...]:
        """What most of the requests call in the same loop, as often."""
        return min(
            Counter(repeat.also for repeat in self.found).items(),
            key=lambda pair: (-pair[1], [target.text for target in pair[0]]),
        )[0]

    @cached_property
    def varies(self) -> bool:
        """Whether N follows the data: it is not the same in all requests."""
        return len({repeat.repeats for repeat in self.found}) > 1

    @property
    def rare(self) -> bool:
        """Whether hardly any request of the route does it."""
        return self.served >= ENOUGH_REQUESTS and self.requests <= max(1, RARE * self.served)

    @cached_property
    def guessed(self) -> bool:
        """Whether the calls of a request, or what they are for, are guessed."""
        return any(r.session is not None or not r.told for r in self.found)

    @cached_property
    def session(self) -> bool:
        """Whether the requests are guessed from database sessions."""
        return any(repeat.session is not None for repeat in self.found)

    @cached_property
    def source(self) -> str | None:
        """The statement that most often comes right before the first repeat."""
        counted = self._sources
        return min(counted, key=lambda text: (-counted[text], text)) if counted else None

    @property
    def confirmed(self) -> bool:
        """Whether a guess is confirmed: seen often, N varies, no pauses; always after the same."""
        if self.requests < (SEEN if self.varies else SEEN_ALIKE):
            return False
        if plain.median(repeat.gap_ms for repeat in self.found) > TIGHT_MS:
            return False
        if not self.session:
            return True
        sessions = {repeat.session for repeat in self.found}
        after = self._sources[self.source or ""]
        return (
            len(sessions) >= SESSIONS
            and after >= SAME_SOURCE * self.requests
            and not writes(self.target)
        )

    @cached_property
    def _sources(self) -> Counter[str]:
        return Counter(repeat.source for repeat in self.found if repeat.source)

    @cached_property
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

    ``served``: requests of each route, where they are known. Statements that differ in the
    schema of a tenant or in numbers within names are one pattern.
    """
    counts = served or {}
    together: defaultdict[tuple[object, str | None], list[Repeat]] = defaultdict(list)
    for repeat in found:
        together[variant(repeat.target), repeat.route].append(repeat)
    all_patterns = (
        Pattern(target=_name(same), route=route, found=tuple(same), served=counts.get(route, 0))
        for (_, route), same in together.items()
    )
    return sorted(
        filter(worth_reporting, all_patterns),
        key=lambda p: (-p.saves_ms * p.requests, p.target.text, p.route or ""),
    )


def _name(found: Sequence[Repeat]) -> Target:
    counted = Counter(repeat.target for repeat in found)
    return min(counted, key=lambda target: (-counted[target], target.text))


def worth_reporting(pattern: Pattern) -> bool:
    """Say whether a pattern costs enough, in the median of its requests.

    It takes :data:`LONG_MS`, or :data:`LARGE_SHARE` of the request and :data:`SHORTEST_MS`, or
    repeats :data:`MANY` times and takes :data:`SHORTEST_MS`; with the gaps between the calls, as
    far as they would be saved. It is not :attr:`Pattern.rare`, and no mere guess.
    """
    if pattern.rare or (pattern.guessed and not pattern.confirmed):
        return False
    cost = max(pattern.time_ms, pattern.saves_ms)
    share = pattern.share * cost / pattern.time_ms if pattern.time_ms else 0.0
    often = pattern.repeats >= MANY or share >= LARGE_SHARE
    return cost >= LONG_MS or (often and cost >= SHORTEST_MS)
