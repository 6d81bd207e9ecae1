"""An OR over several columns: one index per branch, which a BitmapOr joins."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from perfkit.plans.candidates.build import build, existing, explained
from perfkit.plans.candidates.cover import covered
from perfkit.plans.candidates.keys import arranged, of_kind
from perfkit.plans.candidates.patterns import serves_btree
from perfkit.plans.candidates.usable import usable
from perfkit.plans.conditions import Conditions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfkit.plans.candidates.index import Candidate
    from perfkit.plans.candidates.want import Want
    from perfkit.plans.conditions import Predicate

__all__ = ["either"]

#: An OR that keeps more than this reads most pages anyway.
KEPT_SHARE = 0.10
#: More branches than this are a list in disguise.
_MOST = 4


def either(want: Want) -> list[Candidate]:
    """Return the indexes that the first OR needs, without those that exist; [] if one cannot be."""
    alternatives = want.conditions.alternatives
    if not alternatives or want.table_rows <= 0:
        return []
    if want.rows_kept > KEPT_SHARE * want.table_rows or len(alternatives[0]) > _MOST:
        return []
    found = [_branch(want, branch) for branch in alternatives[0]]
    made = [candidate for candidate in found if candidate is not None]
    if len(made) < len(found):
        return []
    missing: dict[str, Candidate] = {}
    for candidate, branch in zip(made, alternatives[0], strict=True):
        if not covered(candidate, existing(want), Conditions(predicates=branch)):
            missing.setdefault(candidate.body, candidate)
    return [
        replace(one, companions=tuple(other for other in missing.values() if other is not one))
        for one in missing.values()
    ]


def _branch(want: Want, branch: Sequence[Predicate]) -> Candidate | None:
    found = [p for p in usable(branch, want.table, want.facts) if serves_btree(p)]
    keys = arranged(found, (), limited=False)
    if not keys:
        return None
    equality = min(len(of_kind(found, "equality")), len(keys))
    built = replace(build(want, keys, equality, ""), rows_after=want.rows_kept, notes=())
    return explained(want, built, "Serves one side of the OR, together with the others")
