"""``kubectl logs --prefix``: ``[pod/web-6b7f/app] line``; each container is a stream of its own.

Checked: kubectl ``pkg/cmd/logs/logs.go`` (``addPrefixIfNeeded`` writes ``[pod/NAME/CONTAINER] ``);
with ``--timestamps`` the time of the runtime follows.
"""

from __future__ import annotations

import re

import numpy as np

from perfkit.formats.lines import cut_at_line
from perfkit.formats.model import Recognition
from perfkit.ingest.envelopes.model import Envelope, Unwrapped
from perfkit.ingest.envelopes.prefixes import Prefixed, share_of_lines, taken_off
from perfkit.ingest.envelopes.rows import coded
from perfkit.ingest.envelopes.text import read_lines, slices

__all__ = ["ENVELOPE"]

_PREFIX = re.compile(rb"\[pod/([^/\]\s]{1,300}/[^/\]\s]{1,100})\](?: |$)")
_STATUS = re.compile(rb"Found \d+ pods, using pod/|Defaulted container |error: ")
_WRONG = "it has no [pod/name/container] before it"


def recognises(head: bytes) -> Recognition:
    """Recognise ``[pod/name/container]`` before lines."""
    sure = 0.99 if share_of_lines(head, _PREFIX) > 0.8 else 0.0  # noqa: PLR2004 - a few other lines
    return Recognition(confidence=sure, reason="lines of kubectl logs --prefix")


def unwrap(data: bytes, carry: None) -> Unwrapped:
    """Take the names of pod and container off, and the times of ``--timestamps``."""
    del carry
    lines = read_lines(data)
    end = lines.space(lines.start)
    code, values = coded(slices(data, lines.start, end))
    names = [
        m[1].decode("utf-8", "replace") if (m := _PREFIX.fullmatch(v)) else None for v in values
    ]
    found = Prefixed(content=np.minimum(end + 1, lines.end), code=code, names=list(names))
    return taken_off(lines, found, _STATUS, _WRONG)


ENVELOPE = Envelope(
    name="kubectl-prefix",
    title="kubectl logs --prefix",
    recognises=recognises,
    cut=cut_at_line,
    unwrap=unwrap,
)
