"""The columns of lines whose layout nobody told: quoted, bracketed, bare, with or without keys."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from perfkit.formats.requests.access.labels import is_label

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Column", "Layout", "common_layout"]

_TOKEN = re.compile(
    r"(?P<between>[\s|]+)|(?P<key>[A-Za-z_][\w.-]*[=:])?"
    r'(?:"(?P<quoted>(?:[^"\\]|\\.)*+)"|\[(?P<bracketed>[^\]\s]*+(?: [^\]\s]*+){0,2})\]'
    r'|(?P<bare>[^\s"|\[][^\s|]*+))'
)
_DATE, _CLOCK = (
    re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z"),
    re.compile(r"[0-9]{2}:[0-9]{2}:[0-9]{2}"),
)
_BRACKETS = {"quoted": ('"', '"'), "bracketed": ("[", "]"), "bare": ("", "")}
#: More columns than any log has.
_MOST = 80


class _Token(NamedTuple):
    before: str
    key: str
    kind: str
    value: str
    several: bool = False


@dataclass(frozen=True)
class Column:
    """One column: what is before it in the line, its key, how it is written, and its values."""

    before: str
    key: str
    kind: str
    values: tuple[str, ...]
    several: bool

    @property
    def opening(self) -> str:
        """Return the literal in front of the value, less what ends the value before."""
        return self.before + self.key + _BRACKETS[self.kind][0]

    @property
    def closing(self) -> str:
        """Return the quote or bracket behind the value."""
        return _BRACKETS[self.kind][1]

    def share(self, pattern: re.Pattern[str]) -> float:
        """Return which part of the values is of a kind."""
        return sum(pattern.fullmatch(value) is not None for value in self.values) / len(self.values)


@dataclass(frozen=True)
class Layout:
    """The columns that most lines have."""

    columns: tuple[Column, ...]
    behind: str


def common_layout(lines: Sequence[str]) -> Layout | None:
    """Return the layout of most lines; None: they have none."""
    found = [tokens for line in lines if (tokens := _tokens(line))]
    if not found:
        return None
    shapes = Counter(tuple((t.before, t.key, t.kind) for t in tokens) for tokens in found)
    shape, _ = shapes.most_common(1)[0]
    same = [ts for ts in found if tuple((t.before, t.key, t.kind) for t in ts) == shape]
    columns = tuple(
        Column(*shape[at], tuple(t.value for t in tokens), any(t.several for t in tokens))
        for at, tokens in enumerate(zip(*same, strict=True))
    )
    last = columns[-1]
    if last.kind == "bare" and not any(last.values):
        columns = columns[:-1]
    return Layout(columns, "")


def _tokens(line: str) -> list[_Token]:
    """Divide a line; nothing when it cannot be."""
    tokens: list[_Token] = []
    at, before = 0, ""
    while at < len(line) and len(tokens) < _MOST:
        found = _TOKEN.match(line, at)
        if not found:
            return []
        at = found.end()
        if found["between"]:
            before = found["between"]
            continue
        token = _token(found, before)
        if not before and tokens:  # two values without anything between them
            return []
        _append(tokens, token)
        before = ""
    return tokens


def _token(found: re.Match[str], before: str) -> _Token:
    key, kind = found["key"] or "", str(found.lastgroup)
    value = found[kind]
    if key.endswith(":") and not is_label(key[:-1]):
        if kind == "bare":
            key, value = "", key + value
        else:
            kind = "bare"
            key, value = "", found[0].strip()
    return _Token(before, key, kind, value)


def _append(tokens: list[_Token], token: _Token) -> None:
    """Add a token, or to the last one when they are one value with a blank in it."""
    last = tokens[-1] if tokens else None
    bare = last is not None and last.kind == token.kind == "bare" and not token.key
    if last is None or not bare or token.before != " ":
        tokens.append(token)
    elif last.value.endswith(",") or token.value == ":" or last.value.endswith(" :"):
        tokens[-1] = last._replace(value=f"{last.value} {token.value}", several=True)
    elif _DATE.match(last.value) and _CLOCK.match(token.value):
        tokens[-1] = last._replace(value=f"{last.value} {token.value}")
    else:
        tokens.append(token)
