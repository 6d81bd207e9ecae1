"""Take envelopes off whole inputs, and check on the way what holds for every envelope."""

from __future__ import annotations

import io
from dataclasses import dataclass, field

import pytest

from perfkit.ingest.envelopes.model import NO_TIME, Given
from perfkit.ingest.envelopes.opened import open_envelope, take_off
from perfkit.ingest.envelopes.registry import envelopes


@dataclass
class Taken:
    name: str
    streams: dict[str, list[bytes]] = field(default_factory=dict)
    line: dict[str, list[int]] = field(default_factory=dict)
    at: dict[str, list[int | None]] = field(default_factory=dict)
    process: dict[str, list[int]] = field(default_factory=dict)
    rejected: list[tuple[int, str]] = field(default_factory=list)
    rejected_lines: int = 0
    irrelevant: int = 0
    lines: int = 0
    notes: set[str] = field(default_factory=set)
    newest_first: bool = False

    @property
    def only(self) -> list[bytes]:
        [lines] = self.streams.values()
        return lines

    def add(self, part, before: int) -> None:
        part = part.shifted(before)
        for piece in part.pieces:
            assert piece.data.endswith(b"\n")
            lines = piece.data.split(b"\n")[:-1]
            assert len(lines) == len(piece.line) == len(piece.at) == len(piece.process)
            self.streams.setdefault(piece.stream, []).extend(lines)
            self.line.setdefault(piece.stream, []).extend(piece.line.tolist())
            known = [None if at == NO_TIME else at for at in piece.at.tolist()]
            self.at.setdefault(piece.stream, []).extend(known)
            self.process.setdefault(piece.stream, []).extend(piece.process.tolist())
        self.rejected += [(bad.line, bad.reason) for bad in part.rejected]
        self.rejected_lines += part.rejected_lines
        self.irrelevant += part.irrelevant
        self.lines += part.lines
        self.notes |= {note.kind for note in part.notes}
        self.newest_first |= part.newest_first


def _take(data: bytes, name: str = "", size: int = 1 << 24, **given: object) -> Taken:
    found = next(e for e in envelopes() if e.name == name) if name else take_off(data[: 1 << 16])
    assert found is not None, "no envelope recognises it"
    taken = Taken(found.name)
    before = 0
    for part in open_envelope(found, io.BytesIO(data).read, size, Given(**given)):
        taken.add(part, before)
        before += part.lines
    used = {number for lines in taken.line.values() for number in lines}
    assert taken.lines == len(used) + taken.irrelevant + taken.rejected_lines
    assert not used or (min(used) >= 1 and max(used) <= taken.lines)
    return taken


@pytest.fixture(scope="session")
def take():
    """``take(data, name="", size=..., zone=..., until=...)`` -> Taken."""
    return _take
