"""One SQL statement that somebody typed: what kind it is, what it names, what it binds."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

from perfkit.errors import UsageError
from perfkit.plans.postgres_sql import Token, code, identifier, tokenise
from perfkit.probes.bindable import bindable, is_list
from perfkit.probes.sql_names import names_in

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from sqlalchemy import TextClause

    from perfkit.probes.sql_names import Names

__all__ = ["Statement", "one_statement"]

_READS = {"select", "with", "values", "table", "("}
_WRITES = {"insert", "update", "delete", "merge"}
_LONGEST = 1_000_000
_SILENT = {"blank", "comment"}
_HINT = "explain one SELECT, WITH, VALUES, TABLE, INSERT, UPDATE, DELETE or MERGE"
_INSTEAD = {
    "execute": "paste the prepared statement itself, with :name for its values",
    "prepare": "paste the statement behind AS, with :name for its values",
    "declare": "paste the SELECT of the cursor",
    "copy": "explain the SELECT that it copies",
    "create": "explain the SELECT behind AS, if there is one",
    "refresh": "explain the SELECT of the view",
    "call": "explain the procedure's statements one at a time",
    "do": "explain the block's statements one at a time",
}


@dataclass(frozen=True)
class Statement:
    """One statement without the semicolon behind it."""

    text: str

    @cached_property
    def tokens(self) -> list[Token]:
        """All tokens, blanks and comments too; joined they are the text."""
        return list(tokenise(self.text))

    @cached_property
    def parameters(self) -> tuple[str, ...]:
        """The names behind ``:name``, in order; none of ``::date``, ``a[1:2]``, ``'12:30'``."""
        return tuple(dict.fromkeys(self.tokens[at + 1].text for at in self._bound))

    @cached_property
    def names(self) -> Names:
        """What it mentions: functions, tables, types, operators."""
        return names_in(self.tokens)

    @cached_property
    def numbered(self) -> str:
        """The statement with ``$1``, ``$2`` ... for its parameters, as PREPARE takes it."""
        numbers = {name: str(at) for at, name in enumerate(self.parameters, 1)}
        parts = [token.text for token in self.tokens]
        for at in self._bound:
            parts[at], parts[at + 1] = " $", numbers[parts[at + 1]]
        return "".join(parts)

    @cached_property
    def _bound(self) -> tuple[int, ...]:
        """Positions of the colons that begin a parameter."""
        before = Token("mark", "")
        found = []
        for at, (token, after) in enumerate(pairwise(self.tokens)):
            value_before = before.kind in {"number", "word", "quoted", "param"}
            if token.text == ":" and after.kind == "word" and not value_before:
                found.append(at)
            before = token
        return tuple(found)

    @cached_property
    def _in_lists(self) -> list[tuple[str, bool]]:
        """The parameters that stand alone behind IN, and whether it is NOT IN."""
        texts = ["", *(token.text for token in self.tokens if token.kind not in _SILENT)]
        found = []
        for at, text in enumerate(texts):
            if text.lower() == "in":
                match texts[at + 1 : at + 5]:
                    case ["(", ":", name, ")"] | [":", name, *_] if name in self.parameters:
                        found.append((name, texts[at - 1].lower() == "not"))
        return found

    def bind(self, values: Mapping[str, Any], *, prefix: str = "") -> TextClause:
        """Return ``prefix`` and the statement with ``values`` bound, never pasted.

        Values are sent without a type of their own, so that the server types them by
        context, as it does for the application.

        Raises:
            UsageError: a parameter has no value, or ``$1`` stands where ``:name`` should.
        """
        from sqlalchemy import bindparam, text
        from sqlalchemy.types import NullType

        self.check(values)
        parts = [
            token.text if at in self._bound else token.text.replace(":", "\\:")
            for at, token in enumerate(self.tokens)
        ]
        bound = [
            bindparam(name, bindable(name, values[name]), type_=NullType())
            for name in self.parameters
        ]
        return text(prefix + "".join(parts)).bindparams(*bound)

    def check(self, values: Mapping[str, Any]) -> None:
        """Raise UsageError unless every parameter has a value and none is numbered."""
        missing = [name for name in self.parameters if name not in values]
        if missing:
            raise UsageError(
                f"explain: the parameter :{missing[0]} has no value",
                hint=f"params={{{missing[0]!r}: ...}}",
            )
        for name, negated in self._in_lists:
            if is_list(values[name]):
                raise UsageError(
                    f"explain: :{name} is a list, which IN does not take",
                    hint=f"{'<> ALL' if negated else '= ANY'}(:{name})",
                )
        numbered = [token.text for token in self.tokens if token.kind == "param"]
        if numbered:
            raise UsageError(
                f"explain: {numbered[0]} cannot be given a value",
                hint="write :name instead and pass params={'name': ...}",
            )


def one_statement(sql: str) -> Statement:
    """Return the one statement in ``sql``.

    Raises:
        UsageError: there is none, there are several, or it is of a kind that has no plan.
    """
    if not isinstance(sql, str):
        raise UsageError(
            f"explain: the statement is {type(sql).__name__}, not text",
            hint="str(statement.compile(engine)) is the text of one of SQLAlchemy",
        )
    sql = sql.removeprefix("\ufeff")  # a file's byte order mark
    if len(sql) > _LONGEST:
        raise UsageError(f"explain: the statement is longer than {_LONGEST:,} characters")
    if "\x00" in sql:
        raise UsageError("explain: the statement holds a NUL character")
    text = _without_end(sql)
    tokens = code(text)
    if not tokens:
        raise UsageError("explain: there is no statement", hint=_HINT)
    if any(token.text == ";" for token in tokens):
        raise UsageError("explain: there is more than one statement", hint="explain one at a time")
    _check_kind(tokens)
    return Statement(text)


def _check_kind(tokens: list[Token]) -> None:
    verb = (identifier(tokens[0]) or tokens[0].text)[:20]
    if verb == "explain":
        raise UsageError("explain: EXPLAIN is added here", hint="leave EXPLAIN out")
    if verb not in _READS | _WRITES:
        hint = _INSTEAD.get(verb, _HINT)
        if any(character.isspace() for character in verb):
            hint = "a no-break space, as web pages have it, is no blank: type it anew"
        raise UsageError(f"explain: {verb.upper()} has no plan", hint=hint)
    if verb in _READS and _makes_table(tokens):
        raise UsageError("explain: SELECT INTO makes a table", hint="leave INTO out")
    if any(token.kind == "quoted" and token.text[0] in "uU" for token in tokens):
        # Its escapes would have to be undone to know which function or table it names.
        raise UsageError('explain: names such as U&"..." are not read', hint="write the name out")


def _makes_table(tokens: list[Token]) -> bool:
    """Whether there is an INTO that belongs to a SELECT and is no column's name."""
    elsewhere = {"insert", "merge", "as", "."}
    return any(
        token.kind == "word"
        and token.text.lower() == "into"
        and before.text.lower() not in elsewhere
        for before, token in pairwise(tokens)
    )


def _without_end(sql: str) -> str:
    """Cut off the semicolons, blanks and comments behind the statement."""
    tokens = list(tokenise(sql))
    while tokens and (tokens[-1].kind in _SILENT or tokens[-1].text == ";"):
        tokens.pop()
    return "".join(token.text for token in tokens)
