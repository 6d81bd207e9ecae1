"""Container logs of Kubernetes (CRI): ``2016-10-06T00:17:09.669794202Z stdout F content``.

Checked: Kubernetes' design "Kubelet CRI logging" and ``kuberuntime/logs`` (``parseCRILog``: time
in RFC 3339 with nanoseconds, stream, tags divided by ``:`` of which the first is ``P`` for a part
or ``F`` for a full line or its last part, content), and containerd's and CRI-O's writers: CRI-O
writes the zone as ``+00:00``.
"""

from __future__ import annotations

import re

import numpy as np

from perfkit.formats.lines import cut_at_line
from perfkit.formats.model import Recognition
from perfkit.ingest.envelopes.joins import Open, finish, join
from perfkit.ingest.envelopes.model import NO_TIME, Envelope, Unwrapped
from perfkit.ingest.envelopes.moments import from_iso
from perfkit.ingest.envelopes.prefixes import rejected, share_of_lines
from perfkit.ingest.envelopes.rows import coded, pieces, rows_of
from perfkit.ingest.envelopes.text import read_lines, slices

__all__ = ["ENVELOPE"]

_LINE = re.compile(
    rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{1,9}(?:Z|[+-]\d\d:\d\d) std(?:out|err) [PF](?:[: ]|$)"
)
_TAGS = re.compile(rb"(stdout|stderr) ([PF])(?::[^ ]*)?")
_WRONG = "it is no line of a container runtime (time, stream, P or F, content)"


def recognises(head: bytes) -> Recognition:
    """Recognise a time, ``stdout`` or ``stderr``, and ``P`` or ``F``."""
    sure = 0.99 if share_of_lines(head, _LINE) > 0.8 else 0.0  # noqa: PLR2004 - a few broken lines
    return Recognition(confidence=sure, reason="lines of a Kubernetes container runtime")


def unwrap(data: bytes, carry: Open | None) -> Unwrapped:
    """Take the content out, and join what was written in parts."""
    lines = read_lines(data)
    stream_at = lines.space(lines.start)
    tag_at = lines.space(stream_at + 1)
    content = lines.space(tag_at + 1)
    code, values = coded(slices(data, stream_at + 1, content))
    tags = [_TAGS.fullmatch(value) for value in values]
    at = from_iso(slices(data, lines.start, stream_at))
    valid = np.array([tag is not None for tag in tags], np.bool_)[code] & (at != NO_TIME)
    good = np.flatnonzero(valid)
    names = [tag[1].decode() if tag else "" for tag in tags]
    rows = rows_of(
        slices(data, np.minimum(content + 1, lines.end)[good], lines.end[good]),
        (code[good], names),
        good + 1,
        at=at[good],
    )
    partial = np.array([tag is not None and tag[2] == b"P" for tag in tags], np.bool_)
    whole, still, joined = join(rows, partial[code][good], carry, len(lines))
    bad, blank = rejected(lines, ~valid, _WRONG)
    return Unwrapped(
        pieces=pieces(whole),
        rejected=bad.kept,
        rejected_lines=bad.total,
        irrelevant=blank + joined,
        lines=len(lines),
        carry=still,
    )


ENVELOPE = Envelope(
    name="cri",
    title="Kubernetes container log (CRI)",
    recognises=recognises,
    cut=cut_at_line,
    unwrap=unwrap,
    finish=finish,
)
