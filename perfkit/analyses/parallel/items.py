"""Calls for the items of a list whose paths no template joins: ``/users/ada``, ``/users/bob``."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np

from perfkit.analyses.repeats.find import FEWEST

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfkit.analyses.parallel.operations import Operation
    from perfkit.span_ids import Ints

__all__ = ["items"]

#: Of the requests so many call the same number of them, if they are no items of a list.
_SAME = 0.95


def items(operations: Sequence[Operation], request: Ints, code: Ints) -> list[int]:
    """Return the operations that are asked for one item each: an N+1, not different things.

    There are at least five on one path, and the number of them differs from request to request.
    """
    families: defaultdict[str, list[int]] = defaultdict(list)
    for place, one in enumerate(operations):
        if one.kind == "http":
            families[one.name.rpartition("/")[0]].append(place)
    large = [family for family in families.values() if len(family) >= FEWEST]
    return [one for family in large if _varies(family, request, code) for one in family]


def _varies(family: list[int], request: Ints, code: Ints) -> bool:
    _, count = np.unique(request[np.isin(code, family)], return_counts=True)
    return bool(np.unique(count, return_counts=True)[1].max(initial=0) < _SAME * len(count))
