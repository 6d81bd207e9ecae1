"""One call that several instrumentations tell of counts once."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from perfkit.analyses import groups
from perfkit.analyses.repeats.targets import CACHE, HTTP, NAMED, NONE, RPC, SQL

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from perfkit.analyses.repeats.from_spans import Tree

__all__ = ["counted_once"]

#: Spans between a wrapper's span and the driver's (Prisma has three).
_LEVELS = 4
# PDO::prepare, sql.conn.prepare: the statement's text without its execution
_PREPARES = re.compile(r"(?i)(?:.*[:._ -])?prepared?(?: ?statement)?")


def counted_once(
    tree: Tree, kind: Any, chosen: NDArray[np.int64], target: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Say which of the ``chosen`` spans are calls of their own.

    Not one below a call of the same target (an ORM's span and the driver's), nor a cache's below
    a cache's, nor the transport (HTTP, RPC) of a database client or SDK, nor the preparation
    of a statement that is executed as well.
    """
    what = np.full(len(kind), -1)
    what[chosen] = target
    above = _above(tree, kind)[chosen]
    inside, found = above >= 0, kind[chosen]
    around = np.where(inside, kind[above], NONE)
    twice = inside & (what[above] == target)
    twice |= (found == CACHE) & (around == CACHE)
    transport = np.isin(around, (SQL, CACHE, RPC, NAMED))
    twice |= np.isin(found, (HTTP, RPC)) & transport & (around != found)
    kept: NDArray[np.bool_] = ~(twice | _prepared(tree, chosen, target, found == SQL))
    return kept


def _above(tree: Tree, kind: Any) -> NDArray[np.int64]:
    """Return the nearest span above that is a call of the same owner, -1 if there is none."""
    parent = tree.parent_row
    found = np.full(len(parent), -1)
    at = parent.copy()
    for _ in range(_LEVELS):
        rows = np.flatnonzero((at >= 0) & (found < 0))
        if not len(rows):
            break
        same = tree.owner[at[rows]] == tree.owner[rows]
        call = same & (kind[at[rows]] != NONE)
        found[rows[call]] = at[rows[call]]
        at[rows] = np.where(same & ~call, parent[at[rows]], -1)
    return found


def _prepared(
    tree: Tree, chosen: NDArray[np.int64], target: NDArray[np.int64], sql: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    name = groups.encode(tree.rows["name"])
    says = np.array([bool(_PREPARES.fullmatch(text or "", 0, 200)) for text in name.labels], bool)
    prepares = says[name.codes][chosen] & sql
    executed = np.zeros(int(target.max(initial=0)) + 1, np.bool_)
    executed[target[~prepares]] = True
    return np.asarray(prepares & executed[target])
