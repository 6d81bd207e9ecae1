"""SQL statements as lines: a name may hold a line break, and a comment ends at the first one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfkit.plans.postgres_sql import Token, tokenise

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["lines"]

#: psql ends a comment at the first two, editors and scripts a line at the others too.
_BREAKS = frozenset("\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029")


def lines(sql: str) -> list[str]:
    r"""Return the statements of ``sql``, each on one line, ended by ``;``, without comments.

    Line breaks inside quotes are written as escapes: the server reads the same name.

    Example:
        >>> lines('DROP INDEX  a;\n-- not this\nDROP INDEX "b\nc"')
        ['DROP INDEX a;', 'DROP INDEX U&"b\\000ac";']
    """
    found = []
    parts: list[str] = []
    for token in (*tokenise(sql), Token("mark", ";")):
        if token.kind != "mark" or token.text != ";":
            parts.append(_on_one_line(token))
            continue
        statement = "".join(parts).strip()
        parts = []
        if statement:
            found.append(f"{statement};")
    return found


def _on_one_line(token: Token) -> str:
    if token.kind in {"blank", "comment"}:
        return " " if token.kind == "blank" else ""
    if _BREAKS.isdisjoint(token.text):
        return token.text
    return "".join(_escaped(token.text))


def _escaped(text: str) -> Iterator[str]:
    """Yield a quoted text as ``U&"..."`` or, for an escape string, with its own escapes."""
    own = text[0] in "eEuU"
    mark = "\\u" if text[0] in "eE" else "\\"
    yield "" if own else "U&"
    for character in text:
        if character in _BREAKS:
            yield f"{mark}{ord(character):04x}"
        else:
            yield "\\\\" if character == "\\" and not own else character
