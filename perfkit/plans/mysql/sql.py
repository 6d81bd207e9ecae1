"""Cut SQL into tokens as MariaDB's and MySQL's scanner does (sql/sql_lex.cc).

Backslashes escape in strings unless the server's ``sql_mode`` has NO_BACKSLASH_ESCAPES, double
quotes enclose strings unless it has ANSI_QUOTES. ``--`` begins a comment only in front of a
blank, ``/*! ... */`` is code to some servers: :func:`settled` decides it, so that what was
looked at is what is sent. The tokens joined are the text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfkit.plans.mysql.reserved import RESERVED
from perfkit.plans.postgres_sql import Token

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Dialect", "code", "name_of", "quoted", "settled", "tokenise"]

_LEXEME = r"""
      (?P<blank>    [ \t\n\r\f\v]+ )
    | (?P<comment>  \#[^\n]* | --(?=[\x00-\x20]|\Z)[^\n]* | /\*(?:[^*]|\*(?!/))*(?:\*/|\Z) )
    | (?P<string>   (?:[nN]|[xX]|[bB]|_[A-Za-z0-9]+[ ]*)?'(?:[^'{escape}]{escaped}|'')*(?:'|\Z)
                  {string} )
    | (?P<quoted>   `(?:[^`]|``)*(?:`|\Z) {name} )
    | (?P<number>   [0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?(?![A-Za-z0-9_$\x80-\U0010ffff])
                  | \.[0-9]+(?:[eE][+-]?[0-9]+)? )
    | (?P<variable> @@?(?:`[^`]*`|'[^']*'|"[^"]*"|[A-Za-z0-9_.$\x80-\U0010ffff]+)? )
    | (?P<word>     [A-Za-z0-9_$\x80-\U0010ffff]+ )
    | (?P<operator> := | ->>? | <=>? | >= | <> | != | \|\| | && | << | >> | [+\-*/%=<>!~^&|] )
    | (?P<mark>     . )
"""
_VERSIONED = re.compile(r"/\*(M?)!(\d{5,6}(?!\d))?")
_PLAIN = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")


@dataclass(frozen=True, kw_only=True)
class Dialect:
    """What decides how a text is read: the modes, the kind of server and its version number.

    ``number`` is 101119 for 10.11.19 and 80036 for 8.0.36, as versioned comments have it.
    """

    ansi_quotes: bool = False
    backslash: bool = True
    mariadb: bool = True
    number: int = 0

    @property
    def pattern(self) -> re.Pattern[str]:
        """The lexemes under these modes."""
        return _PATTERNS[self.ansi_quotes, self.backslash]


def _compiled(*, ansi_quotes: bool, backslash: bool) -> re.Pattern[str]:
    escape, escaped = (r"\\", r"|\\(?:.|\Z)") if backslash else ("", "")
    double = f'"(?:[^"{escape}]{escaped}|"")*(?:"|\\Z)'
    name = '"(?:[^"]|"")*(?:"|\\Z)'
    text = _LEXEME.format(
        escape=escape,
        escaped=escaped,
        string="" if ansi_quotes else f"| {double}",
        name=f"| {name}" if ansi_quotes else "",
    )
    return re.compile(text, re.VERBOSE | re.DOTALL)


_PATTERNS = {
    (ansi, backslash): _compiled(ansi_quotes=ansi, backslash=backslash)
    for ansi in (False, True)
    for backslash in (False, True)
}


def tokenise(text: str, dialect: Dialect | None = None) -> Iterator[Token]:
    """Yield the tokens of ``text``; comments that are code to some servers are comments."""
    for match in (dialect or Dialect()).pattern.finditer(text):
        yield Token(str(match.lastgroup), match.group())


def code(text: str, dialect: Dialect | None = None) -> list[Token]:
    """Return the tokens without blanks and comments."""
    return [t for t in tokenise(text, dialect) if t.kind not in {"blank", "comment"}]


def name_of(token: Token) -> str | None:
    """Return the name that a word or a quoted token stands for, None for other tokens."""
    if token.kind == "quoted":
        mark = token.text[0]
        return token.text[1:-1].replace(mark * 2, mark)
    return token.text if token.kind == "word" else None


def quoted(name: str) -> str:
    """Return ``name`` in backticks, unless it needs none.

    Example:
        >>> quoted("user_id"), quoted("when"), quoted("a`b")
        ('user_id', '`when`', '`a``b`')
    """
    plain = _PLAIN.fullmatch(name) and not name.isdigit() and name.lower() not in RESERVED
    return name if plain else f"`{name.replace('`', '``')}`"


def settled(text: str, dialect: Dialect) -> str:
    """Return ``text`` with the contents of ``/*! ... */`` if this server runs them, else without.

    Such comments do not end at the first ``*/`` that stands in a string of theirs.
    """
    parts: list[str] = []
    position = 0
    opened = 0
    while position < len(text):
        match = dialect.pattern.match(text, position)
        assert match is not None  # the last alternative matches anything
        found = match.group()
        head = _VERSIONED.match(found) if match.lastgroup == "comment" else None
        if head and _runs(head, dialect):
            parts.append(" ")
            opened += 1
            position += head.end()
        elif opened and found == "*" and text.startswith("*/", position):
            parts.append(" ")
            opened -= 1
            position += 2
        else:
            parts.append(" " if head else found)
            position = match.end()
    return "".join(parts)


def _runs(head: re.Match[str], dialect: Dialect) -> bool:
    """Whether the server runs such a comment: sql_lex.cc of both servers."""
    only_mariadb, digits = head.groups()
    if only_mariadb and not dialect.mariadb:
        return False
    if not digits:
        return True
    number = int(digits)
    foreign = dialect.mariadb and not only_mariadb and 50700 <= number <= 99999  # noqa: PLR2004 - MySQL's own
    return number <= dialect.number and not foreign
