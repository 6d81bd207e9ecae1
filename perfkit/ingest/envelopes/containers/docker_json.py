r"""Docker's ``json-file`` logging driver: ``{"log":"...\n","stream":"stderr","time":"..."}``.

Checked: moby ``daemon/logger/jsonfilelog/jsonlog`` (``JSONLog``: ``log`` is left out when empty,
``stream``, ``time`` in RFC 3339 with nanoseconds, optional ``attrs``) and the driver's page in
Docker's manual. Lines longer than 16 KiB are written in parts; only the last ends in a line feed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit.formats.lines import cut_at_line
from perfkit.formats.model import Recognition, kept
from perfkit.ingest.envelopes.joins import Open, finish, join
from perfkit.ingest.envelopes.json_lines import Decoded, decode, recognised
from perfkit.ingest.envelopes.model import Envelope, Unwrapped
from perfkit.ingest.envelopes.moments import from_iso
from perfkit.ingest.envelopes.rows import Rows, pieces, rows_of, streams_of

if TYPE_CHECKING:
    from perfkit.ingest.envelopes.text import Bools

__all__ = ["ENVELOPE"]


class _Line(msgspec.Struct, gc=False):
    stream: str
    time: str
    log: str = ""


_DECODER = msgspec.json.Decoder(_Line)


def recognises(head: bytes) -> Recognition:
    """Recognise lines that have all of ``log``, ``stream`` and ``time``."""
    reason = "lines of docker's json-file driver"
    return recognised(head, _DECODER, lambda line: line.stream in {"stdout", "stderr"}, reason)


def unwrap(data: bytes, carry: Open | None) -> Unwrapped:
    """Take the lines of stdout and stderr out, and join those that were written in parts."""
    found = decode(data, _DECODER)
    rows = _rows(found)
    whole, still, joined = join(rows, _goes_on(rows.message), carry, found.lines)
    return Unwrapped(
        pieces=pieces(whole),
        rejected=kept(found.rejected),
        rejected_lines=len(found.rejected),
        irrelevant=found.blank + joined,
        lines=found.lines,
        carry=still,
    )


def _rows(found: Decoded) -> Rows:
    lines: list[_Line] = found.records
    return rows_of(
        pa.array([line.log for line in lines], pa.large_string()).cast(pa.large_binary()),
        streams_of([line.stream for line in lines]),
        found.line,
        at=from_iso(pa.array([line.time for line in lines], pa.large_string())),
    )


def _goes_on(message: pa.Array) -> Bools:
    ended = pc.ends_with(message, b"\n").to_numpy(zero_copy_only=False)
    return np.asarray(~ended.astype(np.bool_))


ENVELOPE = Envelope(
    name="docker-json-file",
    title="Docker json-file log",
    recognises=recognises,
    cut=cut_at_line,
    unwrap=unwrap,
    finish=finish,
)
