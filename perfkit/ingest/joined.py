"""What was read of all inputs, finished: what they tell together, and which were left out."""

from __future__ import annotations

from perfkit.errors import InputError, UnknownFormat
from perfkit.recording import Note, Recording
from perfkit.span_joining import mended

__all__ = ["finished", "nothing"]

_SHOWN = 5


def finished(rec: Recording, skipped: list[InputError]) -> Recording:
    """Mend what is in several files (traces, cut-off statements); note what was left out."""
    notes = []
    if skipped:
        shown = "; ".join(error.message for error in skipped[:_SHOWN])
        notes.append(Note(kind="skipped", message=f"{len(skipped):,} files were skipped: {shown}"))
    return mended(rec).with_quality(*notes)


def nothing(skipped: list[InputError]) -> InputError:
    """Return why no input at all can be used."""
    if len(skipped) == 1:
        return skipped[0]
    first = skipped[0].message
    return UnknownFormat(
        f"none of {len(skipped):,} files can be used, the first because: {first}",
        hint=skipped[0].hint,
    )
