"""What spans do, by name: the statement or the templated URL that is called, else the name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow.compute as pc

from perfkit.analyses import groups
from perfkit.analyses.repeats.url import templated

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfkit.analyses.traces.forest import Forest
    from perfkit.span_ids import Ints

__all__ = ["Operation", "Operations"]


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One thing that a service does."""

    service: str | None
    name: str
    category: str | None
    fingerprint_id: str | None = None
    peer: str | None = None


class Operations:
    """The operation of every row: ``code[row]`` is an index into ``known``."""

    def __init__(self, forest: Forest) -> None:
        """Name what the spans of ``forest`` do."""
        rows = forest.rows
        service, category = (groups.encode(rows[name]) for name in ("service", "category"))
        name, labels = _names(forest)
        key = service.codes.astype(np.int64) * len(category.labels) + category.codes
        pairs, first, code = np.unique(
            key * max(len(labels), 1) + name, return_index=True, return_inverse=True
        )
        del pairs
        self.code: Ints = code
        fingerprint, peer = (forest.texts(column, first) for column in ("fingerprint_id", "peer"))
        self.known: Sequence[Operation] = [
            Operation(
                service=service.labels[service.codes[row]],
                name=labels[name[row]],
                category=category.labels[category.codes[row]],
                fingerprint_id=fingerprint[place],
                peer=peer[place],
            )
            for place, row in enumerate(first.tolist())
        ]


def _names(forest: Forest) -> tuple[Ints, list[str]]:
    """Return a number for the name of what each row does, and the names."""
    rows = forest.rows
    name, statement, url = (groups.encode(rows[c]) for c in ("name", "fingerprint", "url"))
    calls = pc.or_kleene(
        pc.equal(rows["kind"].cast("string"), "client"),
        pc.equal(rows["category"].cast("string"), "http"),
    )
    free = ~forest.served
    asks = free & (statement.codes < len(statement.labels) - 1)
    sends = free & ~asks & (url.codes < len(url.labels) - 1)
    sends &= pc.fill_null(calls, fill_value=False).to_numpy()
    places: dict[str, int] = {}

    def numbered(codes: Any, texts: Sequence[str]) -> Ints:
        known = np.array([places.setdefault(text, len(places)) for text in texts], np.int64)
        found: Ints = known[codes] if len(codes) else codes.astype(np.int64)
        return found

    found = numbered(name.codes, [label or "unnamed" for label in name.labels])
    found[asks] = numbered(statement.codes[asks], [label or "" for label in statement.labels])
    pair = name.codes[sends].astype(np.int64) * len(url.labels) + url.codes[sends]
    pairs, code = np.unique(pair, return_inverse=True)
    called = [
        _call(name.labels[at // len(url.labels)], url.labels[at % len(url.labels)])
        for at in pairs.tolist()
    ]
    found[sends] = numbered(code, called)
    return found, list(places)


def _call(name: str | None, url: str | None) -> str:
    """Return ``GET http://stock/items/{id}``."""
    method = (name or "").split(" ")[0]
    shown = templated(url or "")
    return f"{method} {shown}" if method.isupper() else shown
