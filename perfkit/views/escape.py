"""Text from outside for HTML and for blocks of code; see :mod:`perfkit.visible` for terminals."""

from __future__ import annotations

import html

from perfkit.visible import visible

__all__ = ["code_lines", "markup"]


def markup(text: str, limit: int | None = None) -> str:
    r"""Return ``text`` for HTML, in elements and quoted attributes alike.

    Example:
        >>> markup("<b>\x1b")
        '&lt;b&gt;\\x1b'
    """
    return html.escape(visible(text, limit), quote=True)


def code_lines(text: str) -> list[str]:
    """Return the lines of a snippet, every character of them visible."""
    return [visible(line) for line in text.expandtabs(4).split("\n")] if text else []
