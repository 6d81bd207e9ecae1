r"""Arrays of spans written one behind the other, as one array.

Who asks an API for one trace after the other, or appends payload to payload, has a file such as
``[{...}][{...}]``, in one line or printed over many; ``jq -s`` puts commas between them, and
brackets around all.
"""

from __future__ import annotations

import re

__all__ = ["as_one_array"]

#: Between the last span of one array and the first of the next. A key with its colon cannot be
#: within a string, whose quotes have backslashes.
_BETWEEN = re.compile(
    rb"(\A|\})(?:\s*\]){1,3}\s*(?:,\s*|\}\s*,?\s*\{\s*\"traces\"\s*:\s*)?(?:\[\s*\]\s*)*"
    rb"(?:\[\s*){1,3}(?=\{\s*\"\w+\"\s*:)"
)
#: Nearly all files are one array: these are looked through once.
_GLUED = re.compile(rb"\]\s*(?:\[|\]\s*,|\}\s*,?\s*\{\s*\"traces\")|\A\s*\]")
_GROUPS = re.compile(rb"\s*(?:\[\s*)?(?:\{\s*\"traces\"\s*:\s*)?\[\s*\[")


def as_one_array(data: bytes, head: bytes) -> bytes:
    r"""Return a chunk's bytes with nothing but a comma between spans of different arrays.

    Args:
        data: the bytes; they may begin behind a span.
        head: the file's first bytes, which say whether its arrays hold groups of spans.

    Example:
        >>> as_one_array(b'[{"id":1}]\n[{"id":2}]', b'[{"id":1}]')
        b'[{"id":1},{"id":2}]'
    """
    if not _GLUED.search(data):
        return data
    return _BETWEEN.sub(rb"\1],[" if _GROUPS.match(head) else rb"\1,", data)
