"""Cut SQL text into tokens, as PostgreSQL's own scanner does.

Assumes ``standard_conforming_strings = on`` (the default since 9.1; whoever sends a
statement on the strength of these tokens sets it first). Every character belongs to
exactly one token, so the tokens joined are the text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Token", "code", "identifier", "tokenise"]

# Alternatives in the scanner's order of precedence; none nests a quantifier in another.
_LEXEME = re.compile(
    r"""
      (?P<blank>    \s+ )
    | (?P<comment>  --[^\n\r]* | /\* )
    | (?P<string>   [eE]'(?:[^'\\]|\\.|'')*(?:'|\Z)
                  | (?:[bBxXnN]|[uU]&)?'(?:[^']|'')*(?:'|\Z) )
    | (?P<quoted>   (?:[uU]&)?"(?:[^"]|"")*(?:"|\Z) )
    | (?P<dollar>   \$(?:[A-Za-z_\x80-\U0010ffff][\w\x80-\U0010ffff]*)?\$ )
    | (?P<param>    \$\d+ )
    | (?P<number>   (?:\d[\d_]*)?\.?\d[\d_]*(?:[eE][+-]?\d+)?\.? )
    | (?P<word>     [A-Za-z_\x80-\U0010ffff][\w$\x80-\U0010ffff]* )
    | (?P<operator> ::|:=|=>|[+\-*/<>=~!@#%^&|`?]+ )
    | (?P<mark>     . )
    """,
    re.VERBOSE | re.DOTALL,
)
_COMMENT_EDGE = re.compile(r"/\*|\*/")
_COMMENT_IN_OPERATOR = re.compile(r"--|/\*")


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the text; ``kind`` is a group of the pattern above (dollar is string)."""

    kind: str
    text: str


def tokenise(text: str) -> Iterator[Token]:
    """Yield the tokens of ``text``; an unterminated string or comment runs to the end."""
    position = 0
    while position < len(text):
        match = _LEXEME.match(text, position)
        assert match is not None, "the last alternative matches any character"
        kind = str(match.lastgroup)
        end = _end(text, match, kind)
        yield Token("string" if kind == "dollar" else kind, text[position:end])
        position = end


def code(text: str) -> list[Token]:
    """Return the tokens without blanks and comments."""
    return [token for token in tokenise(text) if token.kind not in {"blank", "comment"}]


def identifier(token: Token) -> str | None:
    """Return the name a word or quoted token stands for, None for other tokens."""
    if token.kind == "word":
        return token.text.lower()
    if token.kind == "quoted" and token.text.startswith('"'):
        return token.text[1:-1].replace('""', '"')
    return None


def _end(text: str, match: re.Match[str], kind: str) -> int:
    if kind == "dollar":
        close = text.find(match.group(), match.end())
        return len(text) if close < 0 else close + len(match.group())
    if match.group() == "/*":
        return _comment_end(text, match.end())
    if kind == "operator":
        inner = _COMMENT_IN_OPERATOR.search(match.group(), 1)
        return match.start() + inner.start() if inner else match.end()
    return match.end()


def _comment_end(text: str, position: int) -> int:
    """Return where a block comment ends: PostgreSQL nests them."""
    depth = 1
    for edge in _COMMENT_EDGE.finditer(text, position):
        depth += 1 if edge.group() == "/*" else -1
        if depth == 0:
            return edge.end()
    return len(text)
