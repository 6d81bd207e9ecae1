"""Where a subquery is run: below the step whose condition or sort key names it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from perfkit.plans.mysql.steps import Step

__all__ = ["hang_subqueries"]

_NUMBERED = re.compile(r"(?:subquery|select) ?#(\d+)")
_CONDITIONS = ("Index Cond", "Filter", "Join Filter", "Sort Key")


def hang_subqueries(made: Step) -> None:
    """Move MariaDB's subqueries below the step whose condition names them."""
    for subquery in [c for c in made.children if c.properties.get("subquery_of") == "subqueries"]:
        number_of = _select_id(subquery)
        payer = _naming(made, subquery, number_of) if number_of else None
        if payer is not None:
            made.children.remove(subquery)
            payer.children.append(subquery)


def _select_id(step: Step) -> str:
    while "select_id" not in step.properties and step.children:
        step = step.children[0]
    return str(step.properties.get("select_id", ""))


def _naming(made: Step, subquery: Step, select_id: str) -> Step | None:
    waiting = [child for child in made.children if child is not subquery]
    while waiting:
        step = waiting.pop(0)
        texts = [str(step.properties.get(key, "")) for key in _CONDITIONS]
        named = {found for text in texts for found in _ids(text)}
        if select_id in named:
            return step
        waiting += [child for child in step.children if "select_id" not in child.properties]
    return None


def _ids(text: str) -> list[str]:
    return _NUMBERED.findall(text)
