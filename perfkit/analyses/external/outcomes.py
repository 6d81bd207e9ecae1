"""How calls end: they fail, run into a limit of time, or are turned away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit.analyses import groups

if TYPE_CHECKING:
    from perfkit.span_ids import Flags

__all__ = ["failed", "limited", "timed_out"]

_SERVER_ERROR, _CLIENT_ERROR = 500, 400
#: What a client does wrong is an answer; these say instead: come again.
_AGAIN = (408, 425, 429)
#: gRPC: CANCELLED, UNKNOWN, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, ABORTED, INTERNAL, UNAVAILABLE,
#: DATA_LOSS. Source: grpc/doc/statuscodes.md. The others say what is wrong with the request.
_RPC_FAILURES = (1, 2, 4, 8, 10, 13, 14, 15)
_TIMEOUTS, _RPC_TIMEOUT = (408, 504), 4
_LIMITED, _RPC_LIMITED = (429,), 8
# Node's ETIMEDOUT and ESOCKETTIMEDOUT, Python's TimeoutError and ReadTimeout, Java's
# SocketTimeoutException, Go's "context deadline exceeded", PostgreSQL's 57014 (query_canceled)
# and "due to statement timeout", MySQL's 3024 and 1205.
_TIMEOUT = r"(?i)time[-_ ]?d?[-_ ]?out|timed[-_ ]out|deadline|\b57014\b|\b(?:3024|1205)\b"
_BUSY = r"(?i)\b429\b|too many requests|rate[-_ ]?limit|throttl|resource[-_ ]exhausted"


def failed(rows: pa.Table, remote: Flags) -> Flags:
    """Say which calls did not do what they were asked for; ``remote``: those with gRPC's status.

    A 404 or a NOT_FOUND is an answer, even where the instrumentation marks the span.
    """
    status = groups.numbers(rows["status"])
    told = ~np.isnan(status)
    marked = rows["error"].is_valid().to_numpy()
    web = told & ~remote
    found = np.where(told, web & (status >= _SERVER_ERROR), marked)
    found |= web & marked & (status < _CLIENT_ERROR)  # it broke off after the head of the answer
    found |= web & np.isin(status, _AGAIN)
    found |= remote & told & np.isin(status, _RPC_FAILURES)
    return np.asarray(found, np.bool_)


def timed_out(rows: pa.Table, remote: Flags) -> Flags:
    """Say which calls ended because time was up, as their status or error tells."""
    return _says(rows, remote, _TIMEOUT, (_TIMEOUTS, _RPC_TIMEOUT))


def limited(rows: pa.Table, remote: Flags) -> Flags:
    """Say which calls were turned away because there were too many."""
    return _says(rows, remote, _BUSY, (_LIMITED, _RPC_LIMITED))


def _says(rows: pa.Table, remote: Flags, pattern: str, codes: tuple[Any, int]) -> Flags:
    status = groups.numbers(rows["status"])
    errors = groups.encode(rows["error"])
    texts = [text for text in errors.labels if text is not None]
    hits = np.zeros(len(errors.labels), np.bool_)
    if texts:
        hits[: len(texts)] = pc.match_substring_regex(pa.array(texts), pattern).to_numpy(
            zero_copy_only=False
        )
    found = hits[errors.codes]
    found |= ~remote & np.isin(status, codes[0])
    found |= remote & (status == codes[1])
    return np.asarray(found, np.bool_)
