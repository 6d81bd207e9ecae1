"""Which budgets which route has to keep."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfkit import budget as budgets
from perfkit.errors import UsageError
from perfkit.visible import visible

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from perfkit.budget import Objective

__all__ = ["Asked", "asked"]

_OTHERS = "*"


@dataclass(frozen=True, kw_only=True)
class Asked:
    """``named`` routes keep their own budgets, all ``others`` those for all (perhaps none)."""

    named: Mapping[str, tuple[Objective, ...]]
    others: tuple[Objective, ...]
    only: str | None = None

    def of(self, route: str | None) -> tuple[Objective, ...]:
        """Return what a route has to keep."""
        if self.only is not None and route != self.only:
            return ()
        return self.others if route is None else self.named.get(route, self.others)

    def pairs(self, routes: Sequence[str | None]) -> dict[Objective, list[int]]:
        """Return every objective with the places of the routes that have to keep it."""
        found: dict[Objective, list[int]] = {}
        for place, route in enumerate(routes):
            for objective in self.of(route):
                found.setdefault(objective, []).append(place)
        return found

    def check(self, routes: Sequence[str | None]) -> None:
        """Refuse names of routes that do not occur in ``routes``.

        Raises:
            UsageError: a budget is for a route without requests.
        """
        known = [route for route in routes if route is not None]
        for name in (*self.named, *([] if self.only is None else [self.only])):
            if name not in known:
                near = [visible(one, 60) for one in difflib.get_close_matches(name, known, n=3)]
                raise UsageError(
                    f"slo: no request is on route {visible(name, 60)!r}",
                    hint=f"did you mean {' or '.join(near)}?"
                    if near
                    else "name routes as perfkit.baseline(rec) shows them",
                )


def asked(budget: str | None, route: str | None, more: Mapping[str, str] | None) -> Asked:
    """Read what was asked for: one budget for all, some for routes, ``"*"`` for the others.

    Raises:
        UsageError: a budget is not understood, or there are two for the same routes.
    """
    named = dict(more or {})
    if budget is not None and _OTHERS in named:
        raise UsageError(
            f'slo: both the budget {visible(budget, 60)!r} and budgets["*"] are for all others',
            hint='leave one out: budgets={"/orders": "p95<100ms", "*": "p95<300ms"}',
        )
    others = named.pop(_OTHERS, budget)
    if others is None and more is None:
        others = budgets.DEFAULT
    return Asked(
        named={name: budgets.objectives(text) for name, text in named.items()},
        others=() if others is None else budgets.objectives(others),
        only=route,
    )
