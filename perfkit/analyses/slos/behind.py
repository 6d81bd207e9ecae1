"""Who is behind the excess: one client, one service, one method of many?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from perfkit.statistics.binomial import chance_bound

if TYPE_CHECKING:
    from perfkit.analyses.groups import Groups
    from perfkit.analyses.slos.seen import Sample, Seen

__all__ = ["Behind", "Blamed"]

#: What may stand out. Clients are people: their addresses are shown only where asked for.
COLUMNS = ("client", "service", "method")
#: Half of the excess, and that from at most half of the requests: less is no place to look first.
_LEAST = 0.5
_CHANCE = 0.001  # that one of so many has so many by chance


@dataclass(frozen=True, kw_only=True)
class Blamed:
    """One of ``of`` clients (services, methods) from which most of the excess comes (shares)."""

    by: str
    name: str
    of: int
    requests: float
    over: float
    excess_share: float
    request_share: float


class Behind:
    """Looks for who stands out; every column is read once, and only when it is needed."""

    def __init__(self, seen: Seen) -> None:
        """Look at the requests of a recording."""
        self._seen = seen
        self._groups: dict[str, Groups] = {}

    def blamed(self, sample: Sample, allowed: float) -> list[Blamed]:
        """Return who stands out in a sample that is over its budget, one per column at most."""
        known = (name for name in COLUMNS if self._seen.rows.knows(name))
        found = (self._of(name, sample, allowed) for name in known)
        return [one for one in found if one is not None]

    def _of(self, column: str, sample: Sample, allowed: float) -> Blamed | None:
        by = self._grouped(column)
        codes, unknown = by.codes[sample.place], len(by.labels) - 1
        requests = np.bincount(codes, sample.weight, minlength=len(by.labels))
        mine = None if sample.weight is None else sample.weight[sample.over]
        over = np.bincount(codes[sample.over], mine, minlength=len(by.labels))
        excess = over - allowed * requests
        excess[unknown] = 0.0
        top = int(np.argmax(excess))
        name, of = by.labels[top], int(np.count_nonzero(requests[:unknown]))
        whole = float(over.sum() - allowed * requests.sum())
        if name is None or of < 2 or whole <= 0:  # noqa: PLR2004 - one of several
            return None
        others = float(requests.sum() - requests[top])
        rest = max((over.sum() - over[top]) / others, allowed) if others else 1.0
        likely = float(chance_bound(over[top], requests[top], float(rest))) * of
        shares = min(1.0, float(excess[top]) / whole), float(requests[top] / requests.sum())
        if shares[0] < _LEAST or shares[1] > _LEAST or likely > _CHANCE:
            return None
        return Blamed(
            by=column,
            name=name,
            of=of,
            requests=float(requests[top]),
            over=float(over[top]),
            excess_share=shares[0],
            request_share=shares[1],
        )

    def _grouped(self, column: str) -> Groups:
        if column not in self._groups:
            self._groups[column] = self._seen.rows.by(column)
        return self._groups[column]
