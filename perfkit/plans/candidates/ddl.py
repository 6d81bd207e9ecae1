"""Read one CREATE INDEX statement that somebody typed.

The statement is rebuilt from its tokens, never passed on as it came: names are quoted again,
expressions hold names, literals, operators and balanced brackets only. CONCURRENTLY, IF NOT
EXISTS, ONLY and TABLESPACE are dropped (the last is said in a note), operator classes,
collations, INCLUDE, WITH and WHERE are kept, as is UNIQUE. NULLS NOT DISTINCT is refused.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn

from perfkit.errors import UsageError
from perfkit.plans.candidates.index import Candidate
from perfkit.plans.conditions import SortKey
from perfkit.plans.conditions.operands import rendered
from perfkit.plans.conditions.pieces import bare, split
from perfkit.plans.postgres_sql import Token, code, identifier, quoted

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["parse"]

_HINT = "such as CREATE INDEX ON orders (user_id, created_at DESC) WHERE status = 'open'"
_LONGEST = 10_000  # characters
_MARKS = set("().,[]")
_KINDS = {"word", "quoted", "string", "number", "operator"}
_METHODS = {"btree", "hash", "gin", "gist", "spgist", "brin", "bloom"}
_ENDS = {"ASC", "DESC", "NULLS"}
_FORBIDDEN = {"SELECT", "WITH", "TABLE", "VALUES", "INSERT", "UPDATE", "DELETE"}


@dataclass
class _Reader:
    """The tokens and how far they are read."""

    tokens: list[Token]
    at: int = 0
    facts: dict[str, Any] = field(default_factory=dict)

    def word(self) -> str:
        return self.tokens[self.at].text.upper() if self.at < len(self.tokens) else ""

    def skip(self, *words: str) -> bool:
        """Step over ``words`` if they come next."""
        following = [token.text.upper() for token in self.tokens[self.at : self.at + len(words)]]
        if following != list(words):
            return False
        self.at += len(words)
        return True

    def expect(self, *words: str) -> None:
        if not self.skip(*words):
            _refuse(f"{' '.join(words)} is expected instead of {self._next()}")

    def name(self, what: str) -> str:
        """Return an identifier."""
        token = self.tokens[self.at] if self.at < len(self.tokens) else Token("mark", "")
        found = identifier(token)
        if not found:
            _refuse(f"{what} is expected instead of {self._next()}")
        self.at += 1
        return found

    def brackets(self, what: str) -> list[Token]:
        """Return what stands between the bracket that comes next and its partner."""
        self.expect("(")
        start, depth = self.at, 1
        while self.at < len(self.tokens) and depth:
            depth += (self.word() == "(") - (self.word() == ")")
            self.at += 1
        if depth:
            _refuse(f"the brackets of {what} are not closed")
        return self.tokens[start : self.at - 1]

    def _next(self) -> str:
        return repr(self.tokens[self.at].text[:40]) if self.at < len(self.tokens) else "the end"


def parse(text: str) -> Candidate:
    """Return the index that one CREATE INDEX statement describes.

    Raises:
        UsageError: it is another statement, several, or not understood.

    Example:
        >>> parse("create index on shop.orders (user_id, created_at desc)").key_list
        'user_id, created_at DESC'
    """
    if len(text) > _LONGEST or "\0" in text:
        _refuse("the text is too long" if len(text) > _LONGEST else "the text holds a NUL")
    tokens = code(text)
    while tokens and tokens[-1].text == ";":
        tokens.pop()
    if any(token.text == ";" for token in tokens):
        _refuse("only one statement can be tried")
    for token in tokens:
        _check(token)
    return _statement(_Reader(tokens))


def _statement(reader: _Reader) -> Candidate:
    reader.expect("CREATE")
    unique = reader.skip("UNIQUE")
    if not reader.skip("INDEX"):
        _refuse("only CREATE INDEX can be tried")
    reader.skip("CONCURRENTLY")
    reader.skip("IF", "NOT", "EXISTS")
    given = "" if reader.word() == "ON" else reader.name("the name of the index")
    reader.expect("ON")
    reader.skip("ONLY")
    schema, table = _table(reader)
    method = _method(reader)
    keys = tuple(_key(piece) for piece in split(reader.brackets("the keys"), ","))
    include, options, notes = _tail(reader)
    where = _where(reader)
    if reader.at < len(reader.tokens):
        _refuse(f"{reader.tokens[reader.at].text[:40]!r} is not understood")
    return Candidate(
        schema=schema,
        table=table,
        keys=keys,
        unique=unique,
        method=method,
        include=include,
        options=options,
        where=where,
        given_name=given,
        notes=notes,
        reason="Asked for.",
    )


def _table(reader: _Reader) -> tuple[str | None, str]:
    first = reader.name("a table")
    return (first, reader.name("a table")) if reader.skip(".") else (None, first)


def _method(reader: _Reader) -> str:
    method = reader.name("an access method") if reader.skip("USING") else "btree"
    if method not in _METHODS:
        _refuse(f"the access method {method!r} is not known")
    return method


def _tail(reader: _Reader) -> tuple[tuple[str, ...], str, tuple[str, ...]]:
    """Read INCLUDE, NULLS, WITH and TABLESPACE, which come in this order."""
    include: tuple[str, ...] = ()
    if reader.skip("INCLUDE"):
        include = tuple(_only_name(piece) for piece in split(reader.brackets("INCLUDE"), ","))
    if reader.skip("NULLS", "NOT", "DISTINCT"):
        _refuse("NULLS NOT DISTINCT cannot be tried")
    reader.skip("NULLS", "DISTINCT")
    options = ""
    if reader.skip("WITH"):
        options = ", ".join(_option(piece) for piece in split(reader.brackets("WITH"), ","))
    notes: tuple[str, ...] = ()
    if reader.skip("TABLESPACE"):
        notes = (f"TABLESPACE {reader.name('a tablespace')} is left out.",)
    return include, options, notes


def _where(reader: _Reader) -> str:
    if not reader.skip("WHERE"):
        return ""
    rest = reader.tokens[reader.at :]
    reader.at = len(reader.tokens)
    return _expression(rest, "the condition behind WHERE")


def _key(tokens: Sequence[Token]) -> SortKey:
    """Read ``column``, ``function(...)`` or ``(expression)`` with what may follow."""
    reader = _Reader(list(tokens))
    what, expression = _what(reader)
    collation = _qualified(reader) if reader.skip("COLLATE") else ""
    operator_class = ""
    if reader.at < len(reader.tokens) and reader.word() not in _ENDS:
        operator_class = _qualified(reader)
        if reader.word() == "(":
            inside = [_option(piece) for piece in split(reader.brackets("the operator class"), ",")]
            operator_class += f" ({', '.join(inside)})"
    descending = reader.skip("DESC")
    if not descending:
        reader.skip("ASC")
    nulls = descending
    if reader.skip("NULLS"):
        nulls = reader.skip("FIRST")
        if not nulls:
            reader.expect("LAST")
    if reader.at < len(reader.tokens):
        _refuse(f"{reader.tokens[reader.at].text[:40]!r} in the keys is not understood")
    return SortKey(
        column=what,
        expression=expression,
        collation=collation,
        operator_class=operator_class,
        descending=descending,
        nulls_first=nulls,
    )


def _what(reader: _Reader) -> tuple[str, bool]:
    """Return the column or expression of a key, and which of the two it is."""
    if reader.word() == "(":
        inside = bare(reader.brackets("an expression"))
        only = identifier(inside[0]) if len(inside) == 1 else None
        return (only, False) if only else (_expression(inside, "an expression"), True)
    start = reader.at
    column = reader.name("a column")
    while reader.skip("."):
        reader.name("a function")
    if reader.word() != "(":
        if reader.at - start > 1:
            _refuse(f"the column {column!r} is qualified, which an index does not allow")
        return column, False
    reader.brackets("a function")
    return _expression(reader.tokens[start : reader.at], "an expression"), True


def _qualified(reader: _Reader) -> str:
    """Return a name, perhaps with its schema, quoted again."""
    names = [reader.name("a name")]
    while reader.skip("."):
        names.append(reader.name("a name"))
    # pg_catalog's collations "C" and "default" keep their quotes: they are no plain words.
    return ".".join(quoted(name) for name in names)


def _only_name(tokens: Sequence[Token]) -> str:
    found = identifier(tokens[0]) if len(tokens) == 1 else None
    if not found:
        _refuse("INCLUDE takes columns only")
    return found


def _option(tokens: Sequence[Token]) -> str:
    """Return ``fillfactor = 70``: a name and one number, word or string."""
    shape = [token.kind for token in tokens]
    name = identifier(tokens[0]) if tokens else None
    if not name or (shape[1:] and (len(shape) != 3 or tokens[1].text != "=")):  # noqa: PLR2004
        _refuse("an option in WITH is not understood")
    if shape[2:] and shape[2] not in {"number", "word", "string"}:
        _refuse("the value of an option is not understood")
    return quoted(name) if len(tokens) == 1 else f"{quoted(name)} = {tokens[2].text}"


def _expression(tokens: Sequence[Token], what: str) -> str:
    depth = 0
    for token in tokens:
        depth += (token.text in {"(", "["}) - (token.text in {")", "]"})
        forbidden = token.kind == "word" and token.text.upper() in _FORBIDDEN
        if depth < 0 or forbidden:
            _refuse(f"{what} is not understood")
    if not tokens or depth:
        _refuse(f"{what} is empty" if not tokens else f"the brackets of {what} are not closed")
    return rendered(tokens)


def _check(token: Token) -> None:
    """Refuse what has no place in an index: parameters, stray marks, open quotes."""
    known = token.kind in _KINDS or token.text in _MARKS
    if token.kind in {"string", "quoted"}:
        known = len(token.text) > 1 and token.text[-1] in {"'", '"', "$"}
        known = known and _closed(token)
    if not known:
        _refuse(f"{token.text[:40]!r} is not understood")


def _closed(token: Token) -> bool:
    """Whether a string or quoted name ends with the quote that it begins with."""
    if token.text.startswith("$"):
        mark = token.text[: token.text.index("$", 1) + 1]
        return token.text.endswith(mark) and len(token.text) >= 2 * len(mark)
    quote = '"' if token.kind == "quoted" else "'"
    start = token.text.index(quote) if quote in token.text else len(token.text)
    inner = token.text[start + 1 :]
    return inner.endswith(quote) and (len(inner) - len(inner.rstrip(quote))) % 2 == 1


def _refuse(why: str) -> NoReturn:
    raise UsageError(f"index: {why}", hint=_HINT)
