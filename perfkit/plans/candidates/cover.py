"""Whether an index that exists does what a candidate would, or becomes superfluous by it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from perfkit.plans.conditions import conditions
from perfkit.plans.postgres_sql import code, identifier

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from perfkit.plans.candidates.index import Candidate
    from perfkit.plans.conditions import Conditions, SortKey
    from perfkit.plans.facts import IndexFacts

__all__ = ["canonical", "covered", "replaced", "same_key"]

_NOISE = re.compile(r"[()\s]")


def covered(candidate: Candidate, indexes: Iterable[IndexFacts], known: Conditions) -> bool:
    """Whether a valid index does for the conditions ``known`` what the candidate would."""
    return any(
        index.valid and _implied(index.predicate, known) and _serves(index, candidate, known)
        for index in indexes
    )


def replaced(candidate: Candidate, indexes: Iterable[IndexFacts]) -> IndexFacts | None:
    """Return the index whose keys the candidate begins with and that guarantees nothing."""
    fitting = [index for index in indexes if _prefix(index, candidate)]
    return max(fitting, key=lambda index: len(index.keys), default=None)


def canonical(sql: str) -> str:
    """Return an expression without brackets, blanks and needless quotes, to compare it."""
    pieces = [identifier(token) or token.text for token in code(sql)]
    return _NOISE.sub("", " ".join(pieces).replace("::", " ::"))


def same_key(key: SortKey, printed: str) -> bool:
    """Whether the server prints ``key`` as ``printed``."""
    if key.expression:
        return canonical(key.column) == canonical(printed)
    return [identifier(token) for token in code(printed)] == [key.column]


def _serves(index: IndexFacts, candidate: Candidate, known: Conditions) -> bool:
    if index.method != candidate.method:
        return False
    if candidate.method != "btree":
        return _searches(index, candidate)
    # An index does not count as sorted by what follows a column that IS NULL.
    equal = {
        canonical(p.column)
        for p in known.predicates
        if p.kind == "equality" and not (p.operator == "IS" and p.column in candidate.where_columns)
    }
    names = [canonical(name) for name in index.keys]
    if index.unique and index.predicate is None and set(names) <= equal:
        return True  # at most one row
    leading = 0
    while leading < len(names) and names[leading] in equal and not _collated(index, leading):
        leading += 1
    wanted = {canonical(key.column) for key in candidate.keys[: candidate.equality]}
    if not wanted <= set(names[:leading]):
        return False
    # The index may hold equal columns that the candidate leaves out.
    tail = candidate.keys[candidate.equality :]
    starts = range(len(wanted), leading + 1)
    return any(_same(index, start, tail) for start in starts)


def _searches(index: IndexFacts, candidate: Candidate) -> bool:
    """Whether a GIN, GiST or BRIN index has the columns, with a class that does as much."""
    for key in candidate.keys:
        places = [at for at, name in enumerate(index.keys) if same_key(key, name)]
        classes = {index.classes[at] if at < len(index.classes) else "" for at in places}
        json = key.operator_class == "jsonb_path_ops" and "" in classes
        if not (key.operator_class in classes or json):
            return False
    return True


def _same(index: IndexFacts, start: int, tail: Sequence[SortKey]) -> bool:
    """Whether the index goes on with ``tail`` from its key ``start``, in either direction."""
    places = range(start, start + len(tail))
    if len(index.keys) < start + len(tail):
        return False
    if not all(
        same_key(key, index.keys[at]) and _collation(index, at, key) and _class(index, at, key)
        for key, at in zip(tail, places, strict=True)
    ):
        return False
    turned = {
        (_at(index.descending, at) != key.descending, _at(index.nulls_first, at) != key.nulls_first)
        for key, at in zip(tail, places, strict=True)
    }
    return turned <= {(False, False)} or turned == {(True, True)} or len(tail) == 1


def _class(index: IndexFacts, at: int, key: SortKey) -> bool:
    has = index.classes[at] if at < len(index.classes) else ""
    if key.operator_class.endswith("_pattern_ops"):
        return has.endswith("_pattern_ops")
    return has == key.operator_class


def _collation(index: IndexFacts, at: int, key: SortKey) -> bool:
    has = index.collations[at] if at < len(index.collations) else ""
    return canonical(key.collation) == has


def _collated(index: IndexFacts, at: int) -> bool:
    return bool(index.collations[at]) if at < len(index.collations) else False


def _at(flags: Sequence[bool], at: int) -> bool:
    return flags[at] if at < len(flags) else False


def _prefix(index: IndexFacts, candidate: Candidate) -> bool:
    keys = candidate.keys
    guarantees = index.unique or index.constrained or index.replica_identity
    if guarantees or not index.valid or index.method != candidate.method != "btree":
        return False
    if index.method != "btree" or canonical(index.predicate or "") != canonical(candidate.where):
        return False
    inside = {canonical(name) for name in (*candidate.columns, *candidate.include)}
    held = {canonical(name) for name in index.included} <= inside
    shorter = len(index.keys) < len(keys) or (
        len(index.keys) == len(keys) and len(index.included) < len(candidate.include)
    )
    return held and shorter and _same(index, 0, keys[: len(index.keys)])


def _implied(predicate: str | None, known: Conditions) -> bool:
    """Whether the statement's conditions contain those of a partial index."""
    if predicate is None:
        return True
    asked = conditions(predicate)
    if asked.unread or asked.alternatives or not asked.predicates:
        return False
    stated = {(p.column, p.operator, p.literals) for p in known.predicates}
    not_null = {p.column for p in known.predicates if p.operator != "IS"}
    return all(
        (p.column, p.operator, p.literals) in stated
        or (p.kind == "not_null" and p.column in not_null)
        for p in asked.predicates
    )
