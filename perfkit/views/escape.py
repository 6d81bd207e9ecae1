"""Text from outside, made harmless: what it holds is shown, never obeyed."""

from __future__ import annotations

import html
import re

__all__ = ["markup", "shorten", "visible"]

# C0 and C1 controls (a terminal obeys them), the marks that turn the direction of writing
# (Trojan Source, CVE-2021-42574), invisible characters, and halves of surrogate pairs,
# which no output can encode.
_CONTROL = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]"
)


def visible(text: str, *, keep: str = "") -> str:
    r"""Show control characters as escapes, except those in ``keep``.

    Example:
        >>> visible("a\x1b[31mb")
        'a\\x1b[31mb'
    """
    return _CONTROL.sub(lambda found: found[0] if found[0] in keep else _escape(found[0]), text)


def _escape(character: str) -> str:
    shown = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}.get(character)
    code = ord(character)
    return shown or (f"\\x{code:02x}" if code <= 0xFF else f"\\u{code:04x}")  # noqa: PLR2004


def shorten(text: str, width: int) -> str:
    """Return at most ``width`` characters; what is left out is marked with an ellipsis."""
    return text if len(text) <= width else text[: max(width - 1, 0)] + "…"


def markup(text: str, *, keep: str = "") -> str:
    """Return ``text`` for HTML, in elements and quoted attributes alike."""
    return html.escape(visible(text, keep=keep), quote=True)
