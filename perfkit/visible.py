"""Text from outside, made harmless for a terminal: what does not print is shown as its escape.

A log line may hold escape sequences that recolour or clear a terminal, line breaks that
forge a second line, or marks that turn the reading direction around.
"""

from __future__ import annotations

__all__ = ["visible"]


def visible(text: str, limit: int | None = None) -> str:
    r"""Return ``text`` on one line, every character printable, at most ``limit`` long.

    Example:
        >>> visible("a\x1b[31m\nb")
        'a\\x1b[31m\\nb'
    """
    if limit is not None and len(text) > limit:
        text = text[: limit + 1]  # what is cut away need not be escaped
    if not text.isprintable():
        text = "".join(c if c.isprintable() else _escaped(c) for c in text)
    if limit is not None and len(text) > limit:
        return text[: limit - 1] + "…"
    return text


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
