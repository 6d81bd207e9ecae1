"""Paths matched against known routes: the most specific route that fits, literals before all.

At each section a literal counts before a typed parameter (int, uuid, float), that before a
section with a parameter in it (``{id}.json``), that before any parameter, and all before a
catch-all; from left to right, going back where a choice leads nowhere. Among equals the route that
sorts first counts, so the order of the list does not matter.

A million paths are matched as few: sections that no route names are told apart only by what the
routes' parameters accept, and each kind of path is matched once.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit.routing.paths import Sections
from perfkit.routing.patterns import KINDS, Part, parts
from perfkit.routing.target import bare

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["Routes"]

_WILD = re.compile(r"\{(name|path)\}")


@dataclass
class _Node:
    """Where a beginning of a path leads."""

    literals: dict[str, _Node] = field(default_factory=dict)
    expressions: dict[str, _Node] = field(default_factory=dict)
    any: _Node | None = None
    rest: str | None = None
    end: str | None = None

    def after(self, part: Part) -> _Node:
        """Return the node that a part leads to."""
        if part.kind == "literal":
            return self.literals.setdefault(part.text, _Node())
        if part.kind == "any":
            self.any = self.any or _Node()
            return self.any
        return self.expressions.setdefault(KINDS.get(part.kind, part.text), _Node())

    def add(self, pattern: Sequence[Part], route: str) -> None:
        """Let ``pattern`` lead to ``route``."""
        node = self
        for part in pattern:
            if part.kind == "rest":
                node.rest = min(node.rest or route, route)
                return
            node = node.after(part)
        node.end = min(node.end or route, route)

    def find(self, path: Sequence[str], place: int = 0) -> str | None:
        """Return the route of ``path[place:]``."""
        if place == len(path):
            return self.end if self.end is not None else self.rest
        text = path[place]
        for node in self._next(text):
            found = node.find(path, place + 1)
            if found is not None:
                return found
        return self.rest

    def _next(self, text: str) -> Iterable[_Node]:
        if text in self.literals:
            yield self.literals[text]
        for expression in sorted(self.expressions, key=_rank):
            if re.fullmatch(expression, text):
                yield self.expressions[expression]
        if self.any is not None and text:
            yield self.any


def _rank(expression: str) -> tuple[int, str]:
    """Order what parameters accept: typed ones first, then those with most text of their own."""
    kinds = list(KINDS.values())
    if expression in kinds:
        return kinds.index(expression) - 1_000_000, expression
    return -len(expression), expression


@dataclass(frozen=True)
class Routes:
    """Known routes; :meth:`of` says to which of them paths belong.

    Example:
        >>> routes = Routes(["/orders/{id}", "/orders/new"])
        >>> routes.of(pa.array(["/orders/17?x=1", "/orders/new/", "/"])).to_pylist()
        ['/orders/{id}', '/orders/new', None]
    """

    routes: tuple[str, ...]
    patterns: tuple[tuple[Part, ...], ...]

    def __init__(
        self, routes: Iterable[str], patterns: Iterable[Sequence[Part]] | None = None
    ) -> None:
        """Take ``routes``; without ``patterns`` they are read as in routing.patterns."""
        known = tuple(routes)
        read = [parts(route) for route in known] if patterns is None else patterns
        object.__setattr__(self, "routes", known)
        object.__setattr__(self, "patterns", tuple(map(tuple, read)))

    @classmethod
    def of_templates(cls, templates: Iterable[str]) -> Routes:
        """Take templates found by evidence: only ``{name}`` and ``{path}`` are parameters."""
        known = tuple(templates)
        return cls(known, [tuple(map(_templated, text[1:].split("/"))) for text in known])

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.routes)

    def of(self, targets: pa.Array) -> pa.Array:
        """Return the route of every request target; null where none fits or the target is."""
        if not self.routes or not len(targets):
            return pa.nulls(len(targets), pa.string())
        paths = pc.fill_null(bare(targets), "\0")
        cut = Sections.of(paths).shallow()
        like = cut.joined(self._kinds(cut.texts)).dictionary_encode()
        kind = like.indices.to_numpy()
        example = np.empty(len(like.dictionary), np.int64)
        example[kind[::-1]] = np.arange(len(kind))[::-1]
        examples = cut.joined().take(pa.array(example)).to_pylist()
        tree = self._tree()
        found = [tree.find(_sections(path)) if path[:1] == "/" else None for path in examples]
        return pa.array(found, pa.string()).take(like.indices)

    def _tree(self) -> _Node:
        tree = _Node()
        for pattern, route in zip(self.patterns, self.routes, strict=True):
            for chosen in product(*([part, None] if part.optional else [part] for part in pattern)):
                tree.add([part for part in chosen if part], route)
        return tree

    def _kinds(self, texts: pa.Array) -> pa.Array:
        """Return texts that are the same where the routes cannot tell sections apart."""
        every = [part for pattern in self.patterns for part in pattern]
        literals = pa.array(sorted({p.text for p in every if p.kind == "literal"}), pa.string())
        accepted = sorted({KINDS.get(p.kind, p.text) for p in every} - set(literals.to_pylist()))
        said = pc.if_else(pc.equal(pc.binary_length(texts), 0), "", "\0")
        for expression in filter(None, accepted):
            fits: Any = pc.match_substring_regex(texts, f"^(?:{expression})$")
            said = pc.binary_join_element_wise(said, pc.if_else(fits, "y", "n"), "")
        return pc.if_else(pc.is_in(texts, value_set=literals), texts, said)


def _sections(path: str) -> list[str]:
    return [section for section in path[1:].split("/") if section]


def _templated(section: str) -> Part:
    if section == "{path}":
        return Part("rest")
    if section == "{name}":
        return Part("any")
    if _WILD.search(section):
        return Part("mixed", ".+".join(map(re.escape, section.split("{name}"))))
    return Part("literal", section)
