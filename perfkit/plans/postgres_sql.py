"""Cut SQL into tokens exactly as PostgreSQL's scanner does (src/backend/parser/scan.l).

``perfkit.sql_tokens`` reads any dialect and forgives; what decides whether a text is one
statement that only reads must not guess, so this one knows PostgreSQL alone. It assumes
``standard_conforming_strings = on`` (the default since 9.1; the session sets it before it
sends anything on the strength of these tokens). The tokens joined are the text.
"""

from __future__ import annotations

import re
import string
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["RESERVED", "Token", "code", "identifier", "literal", "quoted", "tokenise"]

# The alternatives are tried in this order; none nests a quantifier in another of its kind.
# White space is the scanner's, not Unicode's: a no-break space is part of an identifier.
_LEXEME = re.compile(
    r"""
      (?P<blank>    [ \t\n\r\f\v]+ )
    | (?P<comment>  --[^\n\r]* | /\* )
    | (?P<escape>   [eE]'(?:[^'\\]|\\.|'')*(?:'|\Z|\\\Z) )
    | (?P<string>   (?:[bBxXnN]|[uU]&)?'(?:[^']|'')*(?:'|\Z) )
    | (?P<quoted>   (?:[uU]&)?"(?:[^"]|"")*(?:"|\Z) )
    | (?P<dollar>   \$(?:[A-Za-z_\x80-\U0010ffff][A-Za-z_0-9\x80-\U0010ffff]*)?\$ )
    | (?P<param>    \$[0-9]+ )
    | (?P<number>   [0-9][0-9_]*(?:\.(?!\.)[0-9_]*)?(?:[eE][+-]?[0-9]+)?
                  | \.[0-9]+(?:[eE][+-]?[0-9]+)? )
    | (?P<word>     [A-Za-z_\x80-\U0010ffff][A-Za-z_0-9$\x80-\U0010ffff]* )
    | (?P<operator> ::|:=|[+\-*/<>=~!@\#%^&|`?]+ )
    | (?P<mark>     . )
    """,
    re.VERBOSE | re.DOTALL,
)
_COMMENT_EDGE = re.compile(r"/\*|\*/")
_COMMENT_IN_OPERATOR = re.compile(r"--|/\*")
# 'a' <newline> 'b' is one string: behind E'a' the backslash escapes in 'b' as well.
_CONTINUED = re.compile(
    r"(?:[ \t\f\v]|--[^\n\r]*)*[\n\r](?:[ \t\n\r\f\v]|--[^\n\r]*[\n\r])*"
    r"(?P<rest>'(?:[^'\\]|\\.|'')*(?:'|\Z|\\\Z))",
    re.DOTALL,
)
#: Only these are folded where a character may have several bytes (downcase_identifier).
_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
_PLAIN = re.compile(r"[a-z_][a-z0-9_]*")

#: Words that PostgreSQL 18 quotes when they are names (pg_get_keywords, category not U).
RESERVED = frozenset(
    """all analyse analyze and any array as asc asymmetric authorization between bigint
    binary bit boolean both case cast char character check coalesce collate collation
    column concurrently constraint create cross current_catalog current_date current_role
    current_schema current_time current_timestamp current_user dec decimal default
    deferrable desc distinct do else end except exists extract false fetch float for
    foreign freeze from full grant greatest group grouping having ilike in initially inner
    inout int integer intersect interval into is isnull join json json_array json_arrayagg
    json_exists json_object json_objectagg json_query json_scalar json_serialize
    json_table json_value lateral leading least left like limit localtime localtimestamp
    merge_action national natural nchar none normalize not notnull null nullif numeric
    offset on only or order out outer overlaps overlay placing position precision primary
    real references returning right row select session_user setof similar smallint some
    substring symmetric system_user table tablesample then time timestamp to trailing
    treat trim true union unique user using values varchar variadic verbose when where
    window with xmlattributes xmlconcat xmlelement xmlexists xmlforest xmlnamespaces
    xmlparse xmlpi xmlroot xmlserialize xmltable""".split()  # noqa: SIM905 - a page of quotes and commas reads worse
)


class Token(NamedTuple):
    """A piece of the text; ``kind`` is blank, comment, string, quoted, param, number, ..."""

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
        yield Token("string" if kind in {"dollar", "escape"} else kind, text[position:end])
        position = end


def code(text: str) -> list[Token]:
    """Return the tokens without blanks and comments."""
    return [token for token in tokenise(text) if token.kind not in {"blank", "comment"}]


def identifier(token: Token) -> str | None:
    """Return the name that a word or a quoted token stands for, None for other tokens."""
    if token.kind == "word":
        return _clipped(token.text.translate(_LOWER))
    if token.kind == "quoted" and token.text.startswith('"'):
        return _clipped(token.text[1:-1].replace('""', '"'))
    return None


def _clipped(name: str) -> str:
    """Return as much of a name as the server keeps: 63 bytes (NAMEDATALEN - 1)."""
    return name.encode("utf-8", "replace")[:63].decode("utf-8", "ignore")


def quoted(name: str) -> str:
    """Return ``name`` as SQL writes it: in double quotes unless it needs none."""
    if _PLAIN.fullmatch(name) and name not in RESERVED:
        return name
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Return ``text`` as a string constant of SQL."""
    return "'" + text.replace("'", "''") + "'"


def _end(text: str, match: re.Match[str], kind: str) -> int:
    if kind == "dollar":
        close = text.find(match.group(), match.end())
        return len(text) if close < 0 else close + len(match.group())
    if kind == "escape":
        return _escape_string_end(text, match.end())
    if match.group() == "/*":
        return _comment_end(text, match.end())
    if kind == "operator":
        inner = _COMMENT_IN_OPERATOR.search(match.group(), 1)
        return match.start() + inner.start() if inner else match.end()
    return match.end()


def _escape_string_end(text: str, position: int) -> int:
    while continued := _CONTINUED.match(text, position):
        position = continued.end()
    return position


def _comment_end(text: str, position: int) -> int:
    """Return where a block comment ends: PostgreSQL nests them."""
    depth = 1
    for edge in _COMMENT_EDGE.finditer(text, position):
        depth += 1 if edge.group() == "/*" else -1
        if depth == 0:
            return edge.end()
    return len(text)
