"""What is wrong with a recording and with its traces, said once."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from perfkit.analyses.traces.forest import Forest
    from perfkit.recording import Recording

__all__ = ["caveats_of"]


def caveats_of(rec: Recording, forest: Forest) -> list[str]:
    """Return what the notes of ``rec`` say, and of its ``forest`` what none of them does.

    Notes count the faults of all that was read, a forest those of the spans in it.
    """
    return [*rec.caveats(), *forest.caveats(said={note.kind for note in rec.quality})]
