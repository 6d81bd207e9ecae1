"""Find out which envelope is around an input, and take it off chunk by chunk."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from perfkit.ingest.envelopes.clocks import Clock
from perfkit.ingest.envelopes.model import Envelope, Given, Unwrapped
from perfkit.ingest.envelopes.registry import envelopes
from perfkit.recording import Note

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["MAX_DEPTH", "open_envelope", "take_off"]

#: Envelopes in envelopes (syslog lines in CloudWatch, in docker) are taken off so many times.
MAX_DEPTH = 3

_SURE = 0.4


def take_off(head: bytes) -> Envelope | None:
    """Return the envelope around an input that begins with ``head`` (64 KiB), if any."""
    found = [(item.recognises(head).confidence, item) for item in envelopes()]
    sure, best = max(found, key=lambda pair: pair[0], default=(0.0, None))
    return best if sure >= _SURE else None


def open_envelope(
    envelope: Envelope,
    read: Callable[[int], bytes],
    size: int = 16 << 20,
    given: Given | None = None,
) -> Iterator[Unwrapped]:
    r"""Yield what is in each chunk of some ``size`` bytes, and last what was still open.

    Line numbers are relative to the chunk; times are in UTC (see :class:`Given`).

    Example:
        >>> import io
        >>> from perfkit.ingest.envelopes.opened import open_envelope, take_off
        >>> log = b"2026-11-21T11:00:00.000000001Z stdout F hello\n"
        >>> [found] = (
        ...     piece for part in open_envelope(take_off(log), io.BytesIO(log).read)
        ...     for piece in part.pieces
        ... )
        >>> found.stream, found.data, found.line.tolist()
        ('stdout', b'hello\n', [1])
    """
    given = given or Given()
    clock = Clock(given.zone, given.until if given.until is not None else time.time_ns())
    carry, chunks, newest_first = None, 0, False
    for data in _chunks(envelope, read, size):
        part = clock.settled(envelope.unwrap(data, carry))
        carry, chunks, newest_first = part.carry, chunks + 1, newest_first or part.newest_first
        yield part
    rest = clock.settled(envelope.finish(carry))
    if newest_first and chunks > 1:
        message = "records come newest first, in several chunks: their order was not restored"
        rest.notes += (Note(kind="newest_first", message=message),)
    yield rest


def _chunks(envelope: Envelope, read: Callable[[int], bytes], size: int) -> Iterator[bytes]:
    buffer, wanted, ended = b"", size, False
    while not ended:
        while len(buffer) < wanted and not ended:
            piece = read(wanted - len(buffer))
            buffer += piece
            ended = not piece
        at = len(buffer) if ended else envelope.cut(buffer)
        if at <= 0:
            wanted = 2 * len(buffer)
            continue
        if buffer:
            yield buffer[:at]
        buffer, wanted = buffer[at:], size
