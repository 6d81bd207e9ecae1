"""Look at an input before it is read: packed or wrapped how, and in which format."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from perfkit import archive
from perfkit.errors import EmptyInput, InputError
from perfkit.ingest.envelopes.opened import MAX_DEPTH, take_off
from perfkit.ingest.packed import Unpacked
from perfkit.ingest.pieces import Text
from perfkit.ingest.recognise import recognise
from perfkit.ingest.wrapped import Wrapping, unwrapped

if TYPE_CHECKING:
    from perfkit.formats.model import Format
    from perfkit.ingest.envelopes.model import Envelope
    from perfkit.ingest.found import Found

__all__ = ["Input", "Said", "is_archive", "look"]


@dataclass(frozen=True, kw_only=True)
class Said:
    """What the user said of the inputs: their format, encoding and time zone."""

    item: Format | None = None
    encoding: str | None = None
    zone: str | None = None


@dataclass(kw_only=True)
class Input:
    """One input in one format; ``text`` is open already where it can be read only once.

    ``wrapping`` tells the lines of what was taken off around it, ``packed`` whether it is
    compressed.
    """

    found: Found
    item: Format
    reason: str
    packed: bool = False
    text: Text | None = None
    unpacked: Unpacked | None = None
    wrapping: Wrapping | None = None

    def opened(self, encoding: str | None, stack: ExitStack) -> Text:
        """Return the text from its beginning; ``stack`` closes it."""
        if self.text is None:
            stream = stack.enter_context(self.found.opened())
            self.unpacked = Unpacked(stream, self.found.name)
            self.text = Text(self.unpacked, encoding, self.found.plain)
        return self.text


def is_archive(first: bytes, found: Found) -> bool:
    """Say whether an input that begins with ``first`` is a saved recording."""
    return found.path is not None and not found.member and archive.is_archive(first, found.path)


def look(
    found: Found, said: Said, stack: ExitStack, outer: tuple[Envelope, ...] = ()
) -> list[Input]:
    """Return the inputs in ``found``: one, or one per stream of what wraps them.

    Args:
        found: what to look at.
        said: what the user said about it.
        stack: keeps what lives until everything was read.
        outer: the envelopes that were taken off.

    Raises:
        InputError: it cannot be read, is empty, or nobody knows its format.
    """
    with ExitStack() as opened:
        once = found.readable_once
        stream = (stack if once else opened).enter_context(found.opened())
        unpacked = Unpacked(stream, found.name)
        text = Text(unpacked, said.encoding)
        if not text.head.strip():
            what = f"nothing can be read: {unpacked.damage}" if unpacked.damage else "is empty"
            raise EmptyInput(f"{found.name}: {what}", hint="check that it was written completely")
        envelope = take_off(text.head) if len(outer) < MAX_DEPTH else None
        if envelope is not None and not (envelope.once and envelope in outer):
            inner = unwrapped(envelope, text, unpacked, found, said.zone, stack)
            return _inner(inner, replace(said, encoding=None), stack, (*outer, envelope))
        chosen, reason = _format(text.head, found, said)
        one = Input(found=found, item=chosen, reason=reason, packed=bool(unpacked.packing))
        if once:
            one.text, one.unpacked = text, unpacked
        return [one]


def _format(head: bytes, found: Found, said: Said) -> tuple[Format, str]:
    return (said.item, "as asked") if said.item else recognise(head, found.name)


def _inner(
    inner: list[tuple[Found, Wrapping]], said: Said, stack: ExitStack, outer: tuple[Envelope, ...]
) -> list[Input]:
    """Look at every stream; those in no known format are skipped unless all are."""
    inputs: list[Input] = []
    skipped: list[tuple[Wrapping, InputError]] = []
    for found, wrapping in inner:
        try:
            within = look(found, said, stack, outer)
        except InputError as error:
            skipped.append((wrapping, error))
            continue
        for one in within:
            one.wrapping = wrapping if one.wrapping is None else one.wrapping.within(wrapping)
            one.reason = f"{one.reason}, in {wrapping.title}"
        inputs += within
    if not inputs:
        raise skipped[0][1]
    assert inputs[0].wrapping is not None
    for wrapping, reason in skipped:
        inputs[0].wrapping.skip(wrapping, reason)
    return inputs
