"""Which routes keep a latency budget, as far as their counts can tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from perfkit.analyses.statements import shown

if TYPE_CHECKING:
    from perfkit.budget import Budget

__all__ = ["sentence", "with_budget"]

MET, BROKEN, UNSURE, FEW = "met", "broken", "unsure", "too few requests"
_NAMED = 3


def with_budget(table: pa.Table, budget: Budget) -> pa.Table:
    """Add the column ``budget``: met, broken, unsure (the interval spans it), too few requests.

    A p95 without any interval, as load tools state it, is taken at its word.
    """
    ends = (f"p95_{end}_ms" for end in ("low", "high"))
    low, high = (table[n if n in table.column_names else "p95_ms"].to_numpy() for n in ends)
    said = np.select(
        [np.isnan(low), high < budget.p95_ms, low >= budget.p95_ms], [FEW, MET, BROKEN], UNSURE
    )
    return table.add_column(1, "budget", pa.array(said.tolist(), pa.string()))


def sentence(table: pa.Table, budget: Budget) -> str:
    """Say who breaks the budget, or that there is nothing left to win."""
    said, routes = table["budget"].to_pylist(), table["route"].to_pylist()
    broken = [route or "no route" for route, one in zip(routes, said, strict=True) if one == BROKEN]
    if broken:
        names = ", ".join(shown(name, 40) for name in broken[:_NAMED])
        more = f" and {len(broken) - _NAMED} more" if len(broken) > _NAMED else ""
        return f"{budget} is broken by {len(broken)} of {len(said)} routes: {names}{more}"
    if MET not in said and UNSURE not in said:
        return f"no route has enough requests to tell whether it keeps {budget}"
    if UNSURE in said:
        return f"no route surely breaks {budget}; {said.count(UNSURE)} may"
    few = f" where there are enough requests ({said.count(MET)} of {len(said)} routes)"
    whole = "" if FEW not in said else few
    return f"{budget} is met{whole}: stop, there is no prize for the next 10 ms"
