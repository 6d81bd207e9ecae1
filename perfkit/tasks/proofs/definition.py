"""The CREATE INDEX text of a candidate, taken apart by the scanner and put together anew."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from perfkit.errors import UsageError
from perfkit.plans.postgres_sql import Token, code, identifier, quoted
from perfkit.probes.sql_names import names_in

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from perfkit.plans.candidates import Candidate
    from perfkit.probes.sql_names import Names

__all__ = ["Definition", "define", "define_all", "same_table"]


@dataclass(frozen=True)
class Definition:
    """One CREATE INDEX without a name: ``head`` up to INDEX, ``body`` from ON to the end."""

    head: tuple[Token, ...]
    body: tuple[Token, ...]

    def named(self, name: str) -> str:
        """Return the statement that builds the index, not concurrently, as ``name``."""
        return f"{_joined(self.head)} {quoted(name)} {_joined(self.body)}"

    @property
    def unnamed(self) -> str:
        """The statement without a name, as HypoPG reads it."""
        return f"{_joined(self.head)} {_joined(self.body)}"

    @property
    def method(self) -> str:
        """btree, gin, brin, ..."""
        names = [identifier(token) or "" for token in self.body[: self._keys_at]]
        return names[names.index("using") + 1] if "using" in names else "btree"

    @property
    def unique(self) -> bool:
        """Whether it forbids equal rows."""
        return any(token.text.upper() == "UNIQUE" for token in self.head)

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys as SQL without direction and operator class: ``user_id``, ``lower(a)``."""
        return _listed(self.body[self._keys_at :])

    @property
    def included(self) -> tuple[str, ...]:
        """The columns that it carries beside the keys."""
        return _listed(self._after("INCLUDE") or ())

    @property
    def predicate(self) -> str | None:
        """The WHERE of a partial index."""
        rest = self._after("WHERE")
        return None if rest is None else _joined(rest)

    @property
    def mentions(self) -> Names:
        """What its expressions call, cast to and operate with."""
        return names_in(self.body[self._keys_at :])

    def columns(self, known: Collection[str]) -> tuple[str, ...]:
        """Return the columns among ``known`` that it names anywhere: keys, INCLUDE, WHERE."""
        named = (identifier(token) for token in self.body[self._keys_at :])
        return tuple(dict.fromkeys(name for name in named if name in known and name is not None))

    @property
    def _keys_at(self) -> int:
        return next(at for at, token in enumerate(self.body) if token.text == "(")

    def _after(self, word: str) -> tuple[Token, ...] | None:
        depth = 0
        for at, token in enumerate(self.body):
            if depth == 0 and token.kind == "word" and token.text.upper() == word:
                return self.body[at + 1 :]
            depth += (token.text == "(") - (token.text == ")")
        return None


def define_all(candidate: Candidate, *, schema: str | None = None) -> list[Definition]:
    """Return the definitions of ``candidate`` and of the indexes that it is of no use without."""
    return [define(each, schema=schema) for each in (candidate, *candidate.companions)]


def same_table(candidate: Candidate) -> tuple[Candidate, ...]:
    """Return the companions of ``candidate`` that are indexes of its own table."""
    place = (candidate.schema, candidate.table)
    return tuple(one for one in candidate.companions if (one.schema, one.table) == place)


def define(
    candidate: Candidate, *, schema: str | None = None, table: str | None = None
) -> Definition:
    """Return the definition of ``candidate``; ``schema`` and ``table`` put it elsewhere.

    Raises:
        UsageError: its text is not exactly one CREATE INDEX.
    """
    wanted = replace(candidate, schema=schema or candidate.schema, table=table or candidate.table)
    found = [
        tokens
        for tokens in _statements(code(wanted.sql(concurrently=False)))
        if tokens[0].text.upper() == "CREATE"
    ]
    words = [token.text.upper() for token in found[0]] if len(found) == 1 else []
    if "INDEX" not in words[:3] or "ON" not in words or "(" not in words:
        raise UsageError(f"proof: {candidate.name!r} is not one CREATE INDEX")
    index, on = words.index("INDEX"), words.index("ON")
    return Definition(tuple(found[0][: index + 1]), tuple(found[0][on:]))


def _statements(tokens: Sequence[Token]) -> list[list[Token]]:
    parts: list[list[Token]] = [[]]
    for token in tokens:
        if token.text == ";":
            parts.append([])
        else:
            parts[-1].append(token)
    return [part for part in parts if part]


def _listed(tokens: Sequence[Token]) -> tuple[str, ...]:
    """Return the elements of the list in brackets that ``tokens`` begin with."""
    depth, found = 0, []
    current: list[Token] = []
    for token in tokens:
        depth -= token.text in {")", "]"}
        if depth == 0 and token.text == ")":
            found.append(_key(current))
            break
        if depth == 1 and token.text == ",":
            found.append(_key(current))
            current = []
        elif depth > 0:
            current.append(token)
        depth += token.text in {"(", "["}
    return tuple(found)


def _key(tokens: Sequence[Token]) -> str:
    """Cut off what stands behind the key: everything after the first word or its brackets."""
    end, depth = 0, 0
    while end < len(tokens):
        depth += (tokens[end].text == "(") - (tokens[end].text == ")")
        end += 1
        if depth == 0 and not (end < len(tokens) and tokens[end].text in {"(", "."}):
            break
    return _joined(tokens[:end])


def _joined(tokens: Sequence[Token]) -> str:
    return " ".join(token.text for token in tokens)
