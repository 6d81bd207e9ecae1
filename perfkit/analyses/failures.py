"""Which requests failed: one answer for every analysis."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow.compute as pc

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    Flags = NDArray[np.bool_]
    Status = NDArray[np.int16]

__all__ = [
    "NO_STATUS",
    "OTHER_STATUS",
    "QUERY",
    "failed_and_known",
    "is_failure",
    "statuses",
]

NO_STATUS = -1
#: What stands for every number that HTTP does not know (RFC 9110 has three digits).
OTHER_STATUS = 1000
_FAILED = 500  # the server's own failures; 4xx are answers (RFC 9110, section 15)
_NO_ANSWER = 0  # as curl, k6 and Envoy log a request that got no answer
#: :func:`is_failure` for ``rec.requests.query(...)``.
QUERY = f"status >= {_FAILED} or status == {_NO_ANSWER}"


def is_failure(status: NDArray[Any]) -> Flags:
    """Say which statuses are failures of the server: 500 and above, or 0 (no answer came).

    499 is none: nginx has it where the client gave up. Unknown (negative, NaN) is none.

    Example:
        >>> is_failure(np.array([200, 499, 500, 0, NO_STATUS])).tolist()
        [False, False, True, True, False]
    """
    failed: Flags = (status >= _FAILED) | (status == _NO_ANSWER)
    return failed


def statuses(column: pa.ChunkedArray) -> Status:
    """Return the status of every row, ``NO_STATUS`` where it is unknown or negative."""
    found = np.full(len(column), NO_STATUS, np.int16)
    if column.null_count == len(column):
        return found
    at = 0
    for chunk in column.chunks:
        known = pc.fill_null(chunk, NO_STATUS) if chunk.null_count else chunk
        part = found[at : at + len(chunk)]
        np.clip(known.to_numpy(), NO_STATUS, OTHER_STATUS, out=part, casting="unsafe")
        at += len(chunk)
    return found


def failed_and_known(status: Status, error: pa.ChunkedArray) -> tuple[Flags, Flags]:
    """Say which requests failed, and of which it is known whether they did.

    By their status, or because the log says why they failed (``error``).
    """
    failed, known = is_failure(status), status != NO_STATUS
    if error.null_count < len(error):
        said = error.is_valid().to_numpy()
        failed, known = failed | said, known | said
    return failed, known
