"""Which indexes would help a plan, best first."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from perfkit.plans.candidates.build import existing
from perfkit.plans.candidates.composite import FEW_ROWS, composites
from perfkit.plans.candidates.cover import covered
from perfkit.plans.candidates.either import either
from perfkit.plans.candidates.joins import lookup
from perfkit.plans.candidates.merge import Group, merged
from perfkit.plans.candidates.one_scan import shown
from perfkit.plans.candidates.order import of_index
from perfkit.plans.candidates.special import block_range, searching
from perfkit.plans.candidates.variants import rare, with_include, with_where
from perfkit.plans.candidates.want import Want, wanted
from perfkit.plans.facts import Facts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perfkit.plans.candidates.index import Candidate
    from perfkit.plans.model import Plan

__all__ = ["candidates"]

#: A scan of a whole table is replaced if the index reads at most this share of its rows.
SCAN_SHARE = 0.10
#: A scan of an index is improved if it throws away this many times what it keeps, and so many.
REMOVED_FACTOR, REMOVED_ROWS = 5.0, 1000.0
#: Many rows in another order than they lie cost a page each: random_page_cost (4) more.
SCATTERED_ROWS, SCATTERED_FACTOR = 1000.0, 20.0
#: With so few rows left by a b-tree, no GIN index is needed beside it.
_ENOUGH_ROWS = 1000.0


def candidates(plan: Plan, facts: Facts | None = None) -> list[Candidate]:
    """Return the indexes that would help the statement of ``plan``, best first.

    A candidate and its twins (partial, with INCLUDE) follow each other: one of them is enough.
    Nothing for small tables, for scans that keep most of what they read, for what an existing
    index does already. Nothing is proven: the planner may pass a candidate over.

    Args:
        plan: a PostgreSQL plan, executed or not, best with VERBOSE.
        facts: what the server knows of its tables; without it indexes that exist, sizes and
            the distribution of values are not taken into account.

    Example:
        >>> from perfkit import read_plan
        >>> [c.key_list for c in candidates(read_plan(text))]  # doctest: +SKIP
        ['user_id, status, created_at DESC']
    """
    if plan.system != "postgresql":
        return []
    known = facts or Facts()
    wants = (wanted(plan, node, known) for node in plan.tree)
    return merged(group for want in wants if want is not None for group in _groups(want))


def _groups(want: Want) -> Iterator[Group]:
    """Yield the proposals for one scan, each with its twins."""
    joined = lookup(want)
    if joined is not None and not _exists(want, joined):
        yield _group(want, (joined, *_twins(want, joined)))
        return
    if not want.large:
        return
    ordered = _ordered(want)
    fitting = _fitting(ordered)
    if any(_exists(ordered, candidate) for candidate in fitting):
        return
    if fitting:
        family = _narrowest((fitting[0], *_twins(ordered, fitting[0])))
        yield _group(want, (*family, *_summary(ordered)))
    if not fitting or (fitting[0].rows_after or 0.0) > _ENOUGH_ROWS:
        others = list(_others(want))
        yield from others or (() if fitting else _rare(want))


def _fitting(want: Want) -> list[Candidate]:
    """Return the composites that are worth building; if none is, their partial twins that are."""
    found = composites(want)
    partial = (twin for one in found if (twin := with_where(want, one)) is not None)
    return [c for c in found if _worth(want, c)] or [c for c in partial if _worth(want, c)]


def _others(want: Want) -> Iterator[Group]:
    special = [c for c in searching(want) if _worth(want, c) and not _exists(want, c)]
    for candidate in sorted(special, key=lambda c: c.rows_after or 0.0)[:1]:
        yield _group(want, (candidate,))
    if not special and not want.indexed:
        yield from (_group(want, (candidate,)) for candidate in either(want))


def _rare(want: Want) -> Iterator[Group]:
    found = rare(want)
    if found is not None and _worth(want, found) and not _exists(want, found):
        yield _group(want, (found,))


def _ordered(want: Want) -> Want:
    """Return the want with the order that its own index gives a Limit, where nothing sorts."""
    if not want.indexed or want.order.limit is None or want.order.keys or want.table is None:
        return want
    name = want.node.text("Index Name")
    index = next((one for one in want.table.indexes if one.name == name), None)
    if index is None or index.method != "btree":
        return want
    backward = want.node.text("Scan Direction") == "Backward"
    keys = of_index(index, backward=backward)
    return replace(want, order=replace(want.order, keys=keys))


def _worth(want: Want, candidate: Candidate) -> bool:
    """Whether it reads so much less that it is worth building."""
    after = candidate.rows_after
    if after is None or not candidate.keys:
        return False
    if not want.indexed:
        return after <= SCAN_SHARE * want.rows_read
    spared = want.rows_read - after
    factor = SCATTERED_FACTOR if after > SCATTERED_ROWS else REMOVED_FACTOR
    return spared * want.times >= REMOVED_ROWS and spared >= factor * max(after, 1.0)


def _exists(want: Want, candidate: Candidate) -> bool:
    own = want.table.indexes if want.table else ()
    if want.table is None and shown(want.plan, want.node, candidate):
        return True
    return covered(candidate, (*existing(want), *own), want.conditions)


def _twins(want: Want, candidate: Candidate) -> tuple[Candidate, ...]:
    twins = (with_where(want, candidate), with_include(want, candidate))
    return tuple(twin for twin in twins if twin is not None and not _exists(want, twin))


def _narrowest(family: tuple[Candidate, ...]) -> tuple[Candidate, ...]:
    """Put a twin first that leaves out most rows of the others: its WHERE is no key of theirs."""
    reads = family[0].rows_after or 0.0
    if reads < FEW_ROWS:
        return family
    narrow = [one for one in family[1:] if (one.rows_after or 0.0) * 2 <= reads]
    return (*narrow, *(one for one in family if one not in narrow))


def _summary(want: Want) -> tuple[Candidate, ...]:
    brin = block_range(want)
    return (brin,) if brin is not None and not _exists(want, brin) else ()


def _group(want: Want, twins: tuple[Candidate, ...]) -> Group:
    first = twins[0]
    saved = (first.rows_before or 0.0) - (first.rows_after or 0.0)
    return Group(want=want, twins=twins, saved=saved * want.times)
