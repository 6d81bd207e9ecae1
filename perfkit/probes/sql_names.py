"""The names that a piece of SQL mentions: what it may call, read, cast to, and operate with."""

from __future__ import annotations

from dataclasses import dataclass, fields
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from perfkit.plans.postgres_sql import code, identifier

if TYPE_CHECKING:
    from collections.abc import Iterable

    from perfkit.plans.postgres_sql import Token

__all__ = ["ANYWHERE", "Called", "Names", "names_in"]

#: The schema of a name that may be found outside the search path, as in a function's body.
ANYWHERE = "*"
_TEMPORARY = "pg_temp"  # stands for the session's own schema, whose name has a number
_LONGEST_OPERATOR = 63
_LONGEST_NAME = 200


class Called(NamedTuple):
    """A name in front of a parenthesis; without ``schema`` as the search path finds it."""

    name: str
    schema: str = ""


@dataclass(frozen=True)
class Names:
    """``calls`` are in front of a parenthesis, ``words`` every name, ``operators`` their signs.

    ``words`` hold the content of short strings too: ``'d'::regtype`` names the type ``d``.
    """

    calls: frozenset[Called] = frozenset()
    words: frozenset[str] = frozenset()
    operators: frozenset[str] = frozenset()

    def __or__(self, other: Names) -> Names:
        """Return what either of the two mentions."""
        both = ((getattr(self, f.name), getattr(other, f.name)) for f in fields(self))
        return Names(*(mine | others for mine, others in both))

    def anywhere(self) -> Names:
        """Return the names as a body has them, whose search path may be another."""
        calls = (Called(call.name, call.schema or ANYWHERE) for call in self.calls)
        return Names(frozenset(calls), self.words, self.operators)


def names_in(text: str | Iterable[Token]) -> Names:
    """Return what ``text`` (SQL, or its tokens) mentions outside of comments."""
    tokens = [
        token
        for token in (code(text) if isinstance(text, str) else text)
        if token.kind not in {"blank", "comment"}
    ]
    words = frozenset(word for token in tokens for word in _words(token))
    signs = (token.text for token in tokens if token.kind == "operator")
    return Names(_calls(tokens), words, frozenset(sign for text in signs for sign in _cuts(text)))


def _calls(tokens: list[Token]) -> frozenset[Called]:
    found = set()
    for at, (token, after) in enumerate(pairwise(tokens)):
        name = identifier(token)
        if name and after.text == "(":
            found.add(Called(name, _schema(tokens, at)))
    return frozenset(found)


def _schema(tokens: list[Token], at: int) -> str:
    """Return what stands in front of the dot in front of a name, "" without."""
    if at < 2 or tokens[at - 1].text != ".":  # noqa: PLR2004 - a name and a dot
        return ""
    schema = identifier(tokens[at - 2])
    return ANYWHERE if schema in {None, _TEMPORARY} else schema or ""


def _words(token: Token) -> tuple[str, ...]:
    if token.kind == "string" and len(token.text) <= _LONGEST_NAME:
        # 'public."Odd d"': whatever a reg* type, or a function that is given a name, may mean.
        return tuple(part.strip("'\" ").rpartition("'")[2] for part in token.text.split("."))
    name = identifier(token)
    return (name,) if name else ()


def _cuts(sign: str) -> Iterable[str]:
    """Yield all beginnings of an operator: the scanner leaves ``<<-1`` to the parser to cut."""
    return (sign[:length] for length in range(1, min(len(sign), _LONGEST_OPERATOR) + 1))
