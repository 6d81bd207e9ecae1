"""Text from outside, made harmless for a terminal: it is shown, never obeyed.

A log line may hold escape sequences that recolour or clear a terminal, line breaks that
forge a second line, or marks that turn the reading direction around.
"""

from __future__ import annotations

import re

__all__ = ["visible"]

# C0 and C1 controls (a terminal obeys them), the marks that turn the direction of writing
# (Trojan Source, CVE-2021-42574), invisible characters and tags, and halves of surrogate
# pairs, which no output can encode.
_CONTROL = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff"
    "\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)


def visible(text: str, limit: int | None = None) -> str:
    r"""Return ``text`` on one line, controls as escapes, at most ``limit`` characters long.

    Example:
        >>> visible("a\x1b[31m\nb")
        'a\\x1b[31m\\nb'
    """
    # What is cut away anyway need not be escaped: a line may be megabytes long.
    head = text if limit is None else text[: limit + 1]
    shown = _CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), head)
    if limit is None or len(shown) <= limit:
        return shown
    return shown[: limit - 1] + "…"
