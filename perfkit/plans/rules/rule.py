"""What a rule is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from perfkit.plans.facts import Facts
    from perfkit.plans.model import Plan
    from perfkit.results import Finding

__all__ = ["Rule"]


@dataclass(frozen=True, kw_only=True)
class Rule:
    """``name`` is the stable id of its findings, ``looks_at`` says in words what it looks for."""

    name: str
    looks_at: str
    find: Callable[[Plan, Facts], list[Finding]]
    systems: tuple[str, ...] = ("postgresql",)
