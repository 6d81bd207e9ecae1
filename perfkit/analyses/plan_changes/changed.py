"""Two plans, node by node: what each pair took on either side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from perfkit.analyses.plan_changes.matching import matched
from perfkit.analyses.plan_changes.noise import times_differ, values_differ
from perfkit.analyses.plan_changes.wording import how, what

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from perfkit.analyses.plan_changes.sides import Side
    from perfkit.plans.model import Node

__all__ = ["Changed", "Pair", "changed"]

Measure = Literal["time", "cost"]


@dataclass(frozen=True, kw_only=True)
class Pair:
    """A node of each plan that do the same, or one that the other plan does not have.

    ``own_a`` and ``own_b`` are the nodes' own (ms, or cost); ``with_a`` and ``with_b`` with
    the helpers below them that only one plan has (a Hash, a Sort, a Bitmap Index Scan): what
    doing it this way takes.
    """

    a: int | None
    b: int | None
    what: str
    own_a: float | None
    own_b: float | None
    with_a: float | None
    with_b: float | None
    helper: bool = False
    flipped: bool = False

    @property
    def delta(self) -> float:
        """How much more the way of ``b`` takes."""
        return (self.with_b or 0.0) - (self.with_a or 0.0)


@dataclass(frozen=True, kw_only=True)
class Changed:
    """Two plans and the pairs of their nodes; compared by time, or by cost without times."""

    a: Side
    b: Side
    pairs: Sequence[Pair]
    measure: Measure

    @property
    def totals(self) -> tuple[float | None, float | None]:
        """The whole of both, in ms or cost."""
        if self.measure == "time":
            return self.a.total, self.b.total
        return self.a.cost, self.b.cost

    @property
    def delta(self) -> float | None:
        """How much more ``b`` takes as a whole."""
        a, b = self.totals
        return None if a is None or b is None else b - a

    def differ(self, a: float | None, b: float | None) -> bool:
        """Whether two values of this comparison's measure differ beyond noise."""
        return times_differ(a, b) if self.measure == "time" else values_differ(a, b)

    @property
    def both(self) -> list[Pair]:
        """The pairs with a node on either side."""
        return [pair for pair in self.pairs if pair.a is not None and pair.b is not None]

    @property
    def reason(self) -> Pair | None:
        """The pair that explains most of the difference, in its direction."""
        sign = 1 if (self.delta or 0.0) >= 0 else -1
        own = [pair for pair in self.pairs if not pair.helper]
        best = max(own, key=lambda pair: sign * pair.delta, default=None)
        return best if best is not None and sign * best.delta > 0 else None

    def rows(self, pair: Pair) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        """Return the rows of both nodes in their node tables, empty for none."""
        return (
            {} if pair.a is None else self.a.rows[pair.a],
            {} if pair.b is None else self.b.rows[pair.b],
        )

    def nodes(self, pair: Pair) -> tuple[Node, Node]:
        """Return both nodes of a pair that has both."""
        assert pair.a is not None
        assert pair.b is not None
        return self.a.plan.tree[pair.a], self.b.plan.tree[pair.b]


def changed(a: Side, b: Side) -> Changed:
    """Match the nodes of two plans and weigh them."""
    timed = a.total is not None and b.total is not None
    measure: Measure = "time" if timed else "cost"
    found = matched(a, b)
    column = "self_ms" if timed else "self_cost"
    with_a = _with_helpers(a, set(found), column)
    with_b = _with_helpers(b, set(found.values()), column)
    pairs = [
        *(_pair(a, b, (n, found.get(n)), column, (with_a, with_b)) for n in range(len(a.keys))),
        *(
            _pair(a, b, (None, n), column, (with_a, with_b))
            for n in sorted(set(range(len(b.keys))) - set(found.values()))
        ),
    ]
    return Changed(a=a, b=b, pairs=pairs, measure=measure)


def _pair(
    a: Side,
    b: Side,
    nodes: tuple[int | None, int | None],
    column: str,
    together: tuple[Sequence[float], Sequence[float]],
) -> Pair:
    first, second = nodes
    own = [
        None if node is None else side.rows[node][column]
        for side, node in zip((a, b), nodes, strict=True)
    ]
    whole = [
        None if node is None else weights[node]
        for weights, node in zip(together, nodes, strict=True)
    ]
    side, node = (a, first) if first is not None else (b, second)
    assert node is not None
    return Pair(
        a=first,
        b=second,
        what=what(side.plan.tree[node], side.keys[node]),
        own_a=own[0],
        own_b=own[1],
        with_a=whole[0],
        with_b=whole[1],
        helper=None in nodes and side.plan.tree[node].parent_id is not None,
        flipped=None not in nodes and _how(a, first) != _how(b, second),
    )


def _how(side: Side, node: int | None) -> str:
    assert node is not None
    return how(side.plan.tree[node], side.index(node))


def _with_helpers(side: Side, known: set[int], column: str) -> list[float]:
    """Add to each node what hangs on it and has no counterpart; children stand behind parents."""
    sums = [float(row[column] or 0.0) for row in side.rows]
    for node in reversed(side.plan.tree):
        if node.node_id not in known and node.parent_id is not None:
            sums[node.parent_id] += sums[node.node_id]
    return sums
