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
        pairs = np.unique(self._code[mine >= 0] * np.int64(max(count, 1)) + mine[mine >= 0])
        code, request = np.divmod(pairs, max(count, 1))
        bounds = np.searchsorted(code, np.arange(len(self._known) + 1))
        columns: defaultdict[str, dict[tuple[int, Any], None]] = defaultdict(dict)
        for number, (service, said) in enumerate(self._known):
            requests = request[bounds[number] : bounds[number + 1]].tolist()
            for name, value in _described(said).items() if requests else ():
                columns[f"{service or 'unnamed'}: {name}"].update(
                    dict.fromkeys((one, value) for one in requests)
                )
        return of_columns({name: list(some) for name, some in columns.items()}, count)


def _described(said: str | None) -> dict[str, Any]:
    return {
        name: value
        for name, value in decoded(said).items()
        if isinstance(value, str | bool | int | float)
    }
