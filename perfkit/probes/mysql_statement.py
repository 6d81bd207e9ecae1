"""One statement of MariaDB or MySQL that somebody typed: what kind it is, what it names."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

from perfkit.errors import TargetRefused, UsageError
from perfkit.plans.mysql.sql import Dialect, code, name_of, settled, tokenise
from perfkit.probes.statement import Statement

if TYPE_CHECKING:
    from perfkit.plans.postgres_sql import Token

__all__ = ["MySQLStatement", "one_statement"]

_READS = {"select", "with", "values", "table", "("}
_WRITES = {"insert", "update", "delete", "replace"}
_LONGEST = 1_000_000
_NEWEST = 999_999
_ODD = re.compile("[\x01-\x08\x0e-\x1f\x7f-\xa0]")
_HINT = "explain one SELECT, WITH, VALUES, TABLE, INSERT, UPDATE, DELETE or REPLACE"


@dataclass(frozen=True)
class MySQLStatement(Statement):
    """One statement without the semicolon behind it, read as ``dialect`` reads it."""

    dialect: Dialect = field(default_factory=Dialect)
    typed: str = ""  # as somebody typed it: to be read again when the server is known

    @cached_property
    def tokens(self) -> list[Token]:
        """All tokens, blanks and comments too; joined they are the text."""
        return list(tokenise(self.text, self.dialect))

    @cached_property
    def code(self) -> list[Token]:
        """The tokens without blanks and comments."""
        return code(self.text, self.dialect)

    @cached_property
    def functions(self) -> frozenset[str]:
        """What is written in front of a parenthesis, lower-cased: functions, and more."""
        return called(self.code)

    @cached_property
    def identifiers(self) -> frozenset[str]:
        """Every name in it: tables, columns, aliases, keywords."""
        return frozenset(name for token in self.code if (name := name_of(token)))

    @property
    def writes(self) -> bool:
        """Whether it changes rows."""
        return any(token.text.lower() in _WRITES for token in _heads(self.code))

    @property
    def locks(self) -> bool:
        """Whether it locks the rows it reads: FOR UPDATE, FOR SHARE, LOCK IN SHARE MODE."""
        words = [token.text.lower() for token in self.code]
        return any(
            (word == "for" and after in {"update", "share"}) or (word, after) == ("lock", "in")
            for word, after in pairwise(words)
        )


def one_statement(sql: str, dialect: Dialect | None = None) -> MySQLStatement:
    """Return the one statement in ``sql``, with its versioned comments settled.

    Before the server is known it is read as the newest MariaDB would by default.

    Raises:
        UsageError: there is none, there are several, or it is of a kind that has no plan.
        TargetRefused: it stores what it reads in a file or a variable.
    """
    dialect = dialect or Dialect(number=_NEWEST)
    if len(sql) > _LONGEST:
        raise UsageError(f"explain: the statement is longer than {_LONGEST:,} characters")
    if "\x00" in sql:
        raise UsageError("explain: the statement holds a NUL character")
    text = _without_end(settled(sql, dialect), dialect)
    tokens = code(text, dialect)
    if not tokens:
        raise UsageError("explain: there is no statement", hint=_HINT)
    if any(token.text == ";" for token in tokens):
        raise UsageError("explain: there is more than one statement", hint="explain one at a time")
    _check_characters(tokens)
    statement = MySQLStatement(text, dialect, sql)
    _check_kind(statement)
    _check_session(statement)
    return statement


def called(tokens: list[Token]) -> frozenset[str]:
    """Return the names in front of a parenthesis, lower-cased."""
    found = (name_of(token) for token, after in pairwise(tokens) if after.text == "(")
    return frozenset(name.lower() for name in found if name)


def _check_characters(tokens: list[Token]) -> None:
    """Refuse what is a blank or the end of a ``--`` to the server under some character sets only.

    my_isspace and my_iscntrl: control characters, and the non-breaking space of latin1.
    """
    for token in tokens:
        odd = _ODD.search(token.text) if token.kind not in {"string", "quoted"} else None
        if odd:
            raise UsageError(
                f"explain: the character U+{ord(odd.group()):04X} stands outside of quotes",
                hint="write an ordinary blank there (copying from a web page leaves such ones)",
            )


def _check_kind(statement: MySQLStatement) -> None:
    verb = statement.code[0].text.lower()[:20]
    if verb in {"explain", "analyze", "desc", "describe"}:
        raise UsageError(f"explain: {verb.upper()} is added here", hint="leave it out")
    if verb not in _READS | _WRITES:
        raise UsageError(f"explain: {verb.upper()} has no plan", hint=_HINT)


def _check_session(statement: MySQLStatement) -> None:
    """Refuse what outlives the transaction: files, user variables, settings."""
    words = [token.text.lower() for token in statement.code]
    if not statement.writes and "into" in words:
        raise TargetRefused(
            "explain: SELECT INTO writes a file or a variable, which no rollback undoes",
            hint="leave INTO out",
        )
    for token, after in pairwise(statement.code):
        if token.kind == "variable" and after.text == ":=":
            raise TargetRefused(
                f"explain: {token.text[:40]} := sets a variable, which no rollback undoes",
                hint="leave the assignment out",
            )
    hints = [token.text for token in statement.tokens if token.text.startswith("/*+")]
    if any("set_var" in hint.lower() for hint in hints):
        raise TargetRefused(
            "explain: the hint SET_VAR could lift the time limits of this session",
            hint="leave SET_VAR out",
        )


def _heads(tokens: list[Token]) -> list[Token]:
    """Return the verbs: the first word, and behind a WITH the first one outside brackets."""
    heads = tokens[:1]
    depth = 0
    for token in tokens:
        depth += (token.text == "(") - (token.text == ")")
        verb = token.text.lower()
        if depth == 0 and token.kind == "word" and verb in _WRITES | {"select"}:
            heads.append(token)
            break
    return heads


def _without_end(sql: str, dialect: Dialect) -> str:
    """Cut off the semicolons, blanks and comments behind the statement."""
    tokens = list(tokenise(sql, dialect))
    while tokens and (tokens[-1].kind in {"blank", "comment"} or tokens[-1].text == ";"):
        tokens.pop()
    return "".join(token.text for token in tokens)
