r"""Values as they were before nginx or Apache escaped them: ``\x22``, ``\"``, ``\n``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit.formats.lines import find_all, segments

if TYPE_CHECKING:
    from perfkit.formats.lines import Ints
    from perfkit.formats.requests.access.words import Bools, Text

__all__ = ["texts", "unescaped"]

_ESCAPE = re.compile(rb"\\(x[0-9A-Fa-f]{2}|u00[0-9A-Fa-f]{2}|.)", re.DOTALL)
_SHORT = {
    b"n": b"\n",
    b"t": b"\t",
    b"r": b"\r",
    b"v": b"\v",
    b"f": b"\f",
    b"b": b"\b",
    b'"': b'"',
    b"\\": b"\\",
    b"/": b"/",
}


def unescaped(value: bytes) -> str:
    r"""Return a value without escapes; what is not UTF-8 then is read as Latin-1.

    nginx writes ``\xHH``, with ``escape=json`` ``\u00HH`` (``ngx_http_log_escape``), Apache also
    ``\"``, ``\\`` and ``\n`` (``ap_escape_logitem``); a backslash before anything else stays.
    """
    plain = _ESCAPE.sub(_one, value)
    try:
        return plain.decode()
    except UnicodeDecodeError:
        return plain.decode("latin-1")


def _one(found: re.Match[bytes]) -> bytes:
    sign: bytes = found[1]
    if len(sign) > 1:
        return bytes([int(sign[1:], 16)])
    return _SHORT.get(sign, found[0])


def texts(text: Text, begin: Ints, end: Ints, known: Bools, *, escaped: bool) -> pa.Array:
    """Return the texts of ascending ranges, null where they are not ``known``."""
    found = segments(text.data, begin, end)
    if not known.all():
        found = pc.if_else(pa.array(known), found, pa.scalar(None, pa.string()))
    if not escaped or b"\\" not in text.data:
        return found
    strokes = find_all(text.data, b"\\")
    inside = np.searchsorted(strokes, begin) < np.searchsorted(strokes, end)
    rows = np.flatnonzero(inside & known)
    if not len(rows):
        return found
    pairs = zip(begin[rows].tolist(), end[rows].tolist(), strict=True)
    plain = pa.array([unescaped(text.data[b:e]) for b, e in pairs], pa.string())
    return pc.replace_with_mask(found, pa.array(inside & known), plain)
