"""Cut SQL text into tokens, whatever its dialect: the ground for fingerprints and redaction.

Every character of the text belongs to exactly one token, any text can be cut, and the time is
linear in its length: no pattern can match the same characters in two ways.
"""

from __future__ import annotations

import re
from typing import NamedTuple

__all__ = ["Token", "tokens"]


class Token(NamedTuple):
    """One piece of a statement.

    ``kind`` is ``blank``, ``comment``, ``string``, ``number``, ``placeholder``, ``quoted`` (an
    identifier), ``word``, ``cast``, ``dots`` or ``operator`` (any other character as well).
    """

    kind: str
    text: str


# PostgreSQL's (with pg_trgm, pgvector, jsonb, geometry), MySQL's and PL/SQL's operators of
# more than one character. Others fall apart into characters, which does no harm.
_LONG = """-> ->> #> #>> #- #= @> <@ @@ @@@ @? ?| ?& || |/ ||/ <= >= <> != == => := ~~ ~~* !~~
    !~~* ~* !~ !~* ~= ~<~ ~<=~ ~>~ ~>=~ << >> <<= >>= <<| |>> && &< &> &<| |&> <-> <<-> <->>
    <<<-> <->>> <#> <=> <+> <~> <%> <% <<% %> %>> %% ** -|- @-@ ^@ ## !!"""
_OPERATORS = sorted(_LONG.split(), key=len, reverse=True)
_WORD = r"A-Za-z0-9_$\x80-\U0010ffff"

# N$1 is what pg_stat_statements makes of N'...'.
_PATTERN = rf"""
  (?P<blank>[ \t\n\r\f\v]+)
| (?P<comment>--[^\n\r]*)
| (?P<open>/\*)
| (?P<string>(?:STRING)(?P<end>')?)
| (?P<dollar>\$(?:[A-Za-z_\x80-\U0010ffff][A-Za-z0-9_\x80-\U0010ffff]*)?\$)
| (?P<quoted>(?:[uU]&)?"[^"]*(?:""[^"]*)*"?|`[^`]*(?:``[^`]*)*`?)
| (?P<cast>::)
| (?P<dots>\.{{2,}})
| (?P<number>(?:0[xX][0-9a-fA-F_]+|0[oO][0-7_]+|0[bB][01_]+
    |(?:[0-9][0-9_]*(?:\.(?!\.)[0-9_]*)?|\.[0-9][0-9_]*)(?:[eE][+-]?[0-9][0-9_]*)?)END)
| (?P<placeholder>\$[0-9]+|[nN]\$[0-9]+END|%\([^()]{{0,200}}\)[sbt]END|%[sbt]END
    |(?<![:{_WORD}]):(?![uU]&")[{_WORD}]+|@[A-Za-z_][A-Za-z0-9_]*|\?(?!\|(?!\|)|&(?!&)))
| (?P<word>[{_WORD}]+)
| (?P<operator>{"|".join(re.escape(operator) for operator in _OPERATORS)}|.)
"""

_ESCAPED = r"'[^'\\]*(?:(?:\\.?|'')[^'\\]*)*"
_DOUBLED = r"'[^']*(?:''[^']*)*"


def _compile(string: str) -> re.Pattern[str]:
    pattern = _PATTERN.replace("STRING", string).replace("END", rf"(?![{_WORD}])")
    return re.compile(pattern, re.VERBOSE | re.DOTALL)


_STANDARD = _compile(rf"[eE]{_ESCAPED}|(?:[nNbBxX]|[uU]&)?{_DOUBLED}")
_BACKSLASHES = _compile(rf"(?:[eEnNbBxX]|[uU]&)?{_ESCAPED}")
_COMMENT_EDGE = re.compile(r"/\*|\*/")


def tokens(statement: str) -> list[Token]:
    r"""Cut ``statement`` into tokens; joined, their texts are the statement again.

    A quote or a comment that is not closed reaches to the end (statements get truncated).
    Whether a backslash escapes a quote in ``'...'`` depends on the server. It is taken to do
    so only if the standard reading leaves a string open or a backslash outside of strings,
    and the other reading does not.
    """
    found, sound = _cut(statement, _STANDARD)
    if not sound and "\\'" in statement:
        other, sound = _cut(statement, _BACKSLASHES)
        return other if sound else found
    return found


def _cut(statement: str, pattern: re.Pattern[str]) -> tuple[list[Token], bool]:
    """Return the tokens, and whether all strings are closed and no backslash is outside."""
    found: list[Token] = []
    sound = True
    position = 0
    while position < len(statement):
        for match in pattern.finditer(statement, position):
            kind = match.lastgroup or ""
            if kind in {"open", "dollar"}:
                position = _end(statement, match)
                found.append(
                    Token(
                        "comment" if kind == "open" else "string",
                        statement[match.start() : position],
                    )
                )
                break
            text = match.group()
            sound = sound and text != "\\" and (kind != "string" or match["end"] is not None)
            found.append(Token(kind, text))
        else:
            break
    return found, sound


def _end(statement: str, opening: re.Match[str]) -> int:
    """Return where a comment or a dollar-quoted string ends that starts with ``opening``."""
    if opening.lastgroup == "dollar":
        close = statement.find(opening.group(), opening.end())
        return len(statement) if close < 0 else close + len(opening.group())
    depth = 1
    for edge in _COMMENT_EDGE.finditer(statement, opening.end()):
        depth += 1 if edge.group() == "/*" else -1
        if depth == 0:
            return edge.end()
    return len(statement)
