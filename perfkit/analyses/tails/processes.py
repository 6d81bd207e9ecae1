"""Which processes of other services a request's calls reach: a slow host, a new version, a zone."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import numpy as np

from perfkit.analyses import groups
from perfkit.analyses.tails.features import of_columns
from perfkit.span_attributes import decoded

if TYPE_CHECKING:
    from perfkit.analyses.tails.features import Feature
    from perfkit.analyses.traces.forest import Forest

__all__ = ["Processes"]

Ints = np.ndarray[Any, np.dtype[np.int64]]


class Processes:
    """The processes of other services than the request's own that some spans run in."""

    def __init__(self, forest: Forest, rows: Ints, entry: Ints) -> None:
        """Number them; ``entry`` is the request's row of each of ``rows``."""
        service = groups.encode(forest.rows["service"])
        said = groups.encode(forest.rows["resource"])
        known = forest.rows["resource"].is_valid().to_numpy()
        foreign = service.codes[rows] != service.codes[entry]
        self._called = np.flatnonzero(foreign & known[rows])
        called = rows[self._called]
        process = service.codes[called].astype(np.int64) * len(said.labels) + said.codes[called]
        found, self._code = np.unique(process, return_inverse=True)
        self._known = [
            (service.labels[one // len(said.labels)], said.labels[one % len(said.labels)])
            for one in found.tolist()
        ]

    def of(self, place: Ints, count: int) -> list[Feature]:
        """Return what describes them, as features of ``count`` requests.

        ``place``: the request of each span, -1 where it is none of these.
        """
        mine = place[self._called]
        width = max(len(self._known), 1)
        pairs = np.unique(mine[mine >= 0] * width + self._code[mine >= 0])
        columns: defaultdict[str, set[tuple[int, Any]]] = defaultdict(set)
        for request, code in zip(*(part.tolist() for part in np.divmod(pairs, width)), strict=True):
            service, said = self._known[code]
            for name, value in self._described(said).items():
                columns[f"{service or 'unnamed'}: {name}"].add((request, value))
        return of_columns({name: sorted(some, key=repr) for name, some in columns.items()}, count)

    def _described(self, said: str | None) -> dict[str, Any]:
        return {
            name: value
            for name, value in decoded(said).items()
            if isinstance(value, str | bool | int | float)
        }
