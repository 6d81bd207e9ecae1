"""Cut SQL text into tokens, whatever its dialect: the ground for fingerprints and redaction.

Every character of the text belongs to exactly one token, any text can be cut, and the time is
linear in its length: no pattern can match the same characters in two ways.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Literal, NamedTuple

__all__ = ["Dialect", "Token", "pairs", "tokens"]

#: In MySQL's and MariaDB's own dialect ``"..."`` is a string, a backslash escapes, ``#`` starts
#: a comment, ``--`` does so only before a blank, and nothing is quoted by dollars.
Dialect = Literal["standard", "mysql"]


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
BLANK = r" \t\n\r\f\v"

# An operator ends where a comment starts, as PostgreSQL has it: #-- is not the operator #-.
_OPERATOR = "|".join(
    re.escape(operator) + {"-": "(?!-)", "/": r"(?!\*)"}.get(operator[-1], "")
    for operator in _OPERATORS
)
# N$1 is what pg_stat_statements makes of N'...'; events_? is a name of a fingerprint.
_PATTERN = rf"""[{BLANK}]*+(?:
  (?P<comment>COMMENT)
| (?P<open>/\*)
| (?P<string>(?:STRING)(?P<end>['"])?)
| (?P<dollar>DOLLAR)
| (?P<quoted>QUOTED`[^`]*(?:``[^`]*)*`?)
| (?P<cast>::)
| (?P<dots>\.{{2,}})
| (?P<number>(?:0[xX][0-9a-fA-F_]+|0[oO][0-7_]+|0[bB][01_]+
    |(?:[0-9][0-9_]*(?:\.(?!\.)[0-9_]*)?|\.[0-9][0-9_]*)(?:[eE][+-]?[0-9][0-9_]*)?)END)
| (?P<placeholder>\$[0-9]+|[nN]\$[0-9]+END|%\([A-Za-z_][^()'"`$/\n\#-]{{0,200}}\)FORMAT|%FORMAT
    |(?<![:{{{_WORD}]):UNICODE[{_WORD}]+|@[A-Za-z_][A-Za-z0-9_]*
    |\?[0-9]+END|\?(?!\|(?!\|)|&(?!&)))
| (?P<word>[{_WORD}]+(?:(?<=_)\?(?![A-Za-z0-9$\x80-\U0010ffff'"`|&?])[{_WORD}]*+)*+)
| (?P<operator>{_OPERATOR}|.))
"""

_ESCAPED = r"'[^'\\]*(?:(?:\\.?|'')[^'\\]*)*"
_DOUBLED = r"'[^']*(?:''[^']*)*"
_DOLLAR = r"\$(?:[A-Za-z_\x80-\U0010ffff][A-Za-z0-9_\x80-\U0010ffff]*)?\$"
_NEVER = r"(?!)"


@cache
def _compiled(string: str, *, mysql: bool) -> re.Pattern[str]:
    # Some 20 ms each: only those that a process needs.
    parts = {
        "UNICODE": "" if mysql else '(?![uU]&")',
        "FORMAT": "(?:[st]|b(?!'))END",
        "COMMENT": rf"(?:\#|--(?![^{BLANK}]))[^\n]*" if mysql else r"--[^\n\r]*",
        "STRING": string,
        "DOLLAR": _NEVER if mysql else _DOLLAR,
        "QUOTED": "" if mysql else r'(?:[uU]&)?"[^"]*(?:""[^"]*)*"?|',
        "END": rf"(?![{_WORD}])",
    }
    pattern = _PATTERN
    for name, part in parts.items():
        pattern = pattern.replace(name, part)
    return re.compile(pattern, re.VERBOSE | re.DOTALL)


def _either(string: str) -> str:
    """Return the pattern of a string in single quotes or in double ones."""
    return f"[nNbBxX]?{string}|" + string.replace("'", '"')


# Strings as a dialect reads them: the second way holds if it makes sense and the first does not.
_READINGS = {
    "standard": (
        rf"[eE]{_ESCAPED}|(?:[nNbBxX]|[uU]&)?{_DOUBLED}",
        rf"(?:[eEnNbBxX]|[uU]&)?{_ESCAPED}",
    ),
    "mysql": (_either(_ESCAPED), _either(_DOUBLED)),
}
_COMMENT_EDGE = re.compile(r"/\*|\*/")
_BLANKS = re.compile(f"[{BLANK}]*")


def tokens(statement: str, dialect: Dialect = "standard") -> list[Token]:
    r"""Cut ``statement`` into tokens; joined, their texts are the statement again.

    A quote or a comment that is not closed reaches to the end (statements get truncated).
    Whether a backslash escapes a quote in ``'...'`` depends on the server. In the standard
    dialect it is taken to do so only if the standard reading leaves a string open or a
    backslash outside of strings, and the other reading does not; in MySQL's the other way round.
    """
    found: list[Token] = []
    position = 0
    for kind, text in [*pairs(statement, dialect), ("", "")]:
        blanks = _BLANKS.match(statement, position)
        if blanks is not None and blanks.group():
            found.append(Token("blank", blanks.group()))
            position = blanks.end()
        if text:
            found.append(Token(kind, text))
            position += len(text)
    return found


def pairs(statement: str, dialect: Dialect = "standard") -> list[tuple[str, str]]:
    """Return kind and text of each token that is not blank; quicker than :func:`tokens`."""
    reading, other = _READINGS[dialect]
    mysql = dialect == "mysql"
    found, sound = _cut(statement, _compiled(reading, mysql=mysql), nested=not mysql)
    if not sound and "\\'" in statement:
        others, sound = _cut(statement, _compiled(other, mysql=mysql), nested=not mysql)
        return others if sound else found
    return found


def _cut(
    statement: str, pattern: re.Pattern[str], *, nested: bool
) -> tuple[list[tuple[str, str]], bool]:
    """Return the tokens, and whether all strings are closed and no backslash is outside."""
    found: list[tuple[str, str]] = []
    sound = True
    position = 0
    length = len(statement.rstrip(" \t\n\r\f\v"))
    while position < length:
        for match in pattern.finditer(statement, position, length):
            kind = match.lastgroup or ""
            text = match[kind]
            if kind in _OPENINGS:
                position = _end(statement, match, nested=nested)
                found.append((_OPENINGS[kind], statement[match.start(kind) : position]))
                break
            if text == "\\" or (kind == "string" and match["end"] is None):
                sound = False
            found.append((kind, text))
        else:
            break
    return found, sound


# Tokens that another search has to find the end of.
_OPENINGS = {"open": "comment", "dollar": "string"}


def _end(statement: str, opening: re.Match[str], *, nested: bool) -> int:
    """Return where a comment or a dollar-quoted string ends that starts with ``opening``."""
    if opening.lastgroup == "dollar":
        close = statement.find(opening["dollar"], opening.end())
        return len(statement) if close < 0 else close + len(opening["dollar"])
    if not nested:
        close = statement.find("*/", opening.end())
        return len(statement) if close < 0 else close + 2
    depth = 1
    for edge in _COMMENT_EDGE.finditer(statement, opening.end()):
        depth += 1 if edge.group() == "/*" else -1
        if depth == 0:
            return edge.end()
    return len(statement)
