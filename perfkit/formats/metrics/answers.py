r"""Answers of Prometheus written one behind the other, as one.

Who asks for one series after the other with ``curl ... >> file`` has
``{"status":...,"result":[A]}}{"status":...,"result":[B]}}``; what is between ``A`` and ``B``
becomes a comma. A quote within a string has a backslash before it, so that no string holds a key.
"""

from __future__ import annotations

import re

__all__ = ["RESULT", "as_one_answer"]

#: Where the series of an answer begin.
RESULT = rb'"result"\s*:\s*\['
_RESULT = re.compile(RESULT)
#: Where the series of an answer end: behind a series, its own beginning, or a chunk's beginning.
_END = re.compile(rb"(?:[}\[]|\A)(?=\s*\]\s*\})")
#: So many bytes are between two answers at most: their warnings and statistics.
_BETWEEN = 4000


def as_one_answer(data: bytes, *, first: bool) -> bytes:
    r"""Return a chunk's bytes with nothing but a comma between series of different answers.

    Args:
        data: the bytes; those of a later chunk begin behind a series.
        first: whether they begin with an answer.

    Example:
        >>> as_one_answer(b'{"result":[{"a":1}]}}\n{"result":[{"b":2}]}}', first=True)
        b'{"result":[{"a":1},{"b":2}]}}'
    """
    kept: list[bytes] = []
    at = before = 0
    for found in _RESULT.finditer(data):
        # The bracket of the answer before may be directly before its end: it held no series.
        low = max(found.start() - _BETWEEN, before - 1, 0)
        low = max(low, data.rfind(b'"metric"', low, found.start()))
        end = None if first and not before else _END.search(data, low, found.start())
        if end:
            kept += [data[at : end.end()], b","]
            at = found.end()
        before = found.end()
    return b"".join([*kept, data[at:]]) if kept else data
