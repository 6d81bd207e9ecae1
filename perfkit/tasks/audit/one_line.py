"""SQL statements as lines: a name may hold a line break, and a comment ends at the first one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfkit.plans.postgres_sql import Token, tokenise

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["lines"]

_BREAKS = ("\n", "\r")


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
    if not any(each in token.text for each in _BREAKS):
        return token.text
    return "".join(_escaped(token.text))


def _escaped(text: str) -> Iterator[str]:
    """Yield a quoted text as ``U&"..."`` or, for an escape string, with its own escapes."""
    if text[0] in "eE":
        yield text.replace("\n", "\\n").replace("\r", "\\r")
        return
    if text[0] in "uU":
        yield text.replace("\n", "\\000a").replace("\r", "\\000d")
        return
    yield "U&"
    for character in text:
        yield (
            f"\\{ord(character):04x}"
            if character in _BREAKS
            else character * (2 if character == "\\" else 1)
        )
