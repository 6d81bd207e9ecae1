"""Cut pieces out of files that are still being written, at agreed points in time."""

from __future__ import annotations

import shutil
import time
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfkit.errors import LabError

if TYPE_CHECKING:
    from pathlib import Path

    import psycopg

__all__ = ["Slice", "mark_log"]

MARK_S = 15.0
POLL_S = 0.02
BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Slice:
    """The bytes of ``path`` from ``start`` on."""

    path: Path
    start: int

    @classmethod
    def from_now(cls, path: Path) -> Slice:
        """Return the slice of what will be written from now on."""
        return cls(path, path.stat().st_size if path.exists() else 0)

    def read(self) -> bytes:
        """Return what was written until now."""
        with self.path.open("rb") as source:
            source.seek(self.start)
            return source.read()

    def copy(self, target: Path, end: int | None = None) -> None:
        """Write the slice up to byte ``end`` to ``target``, which appears only when whole."""
        draft = target.with_name(f".{target.name}.{uuid.uuid4().hex[:8]}")
        try:
            with self.path.open("rb") as source, draft.open("xb") as copy:
                source.seek(self.start)
                shutil.copyfileobj(source, copy, BLOCK)
                if end is not None:
                    copy.truncate(end - self.start)
            draft.replace(target)
        finally:
            draft.unlink(missing_ok=True)


def mark_log(connection: psycopg.Connection, logs: list[Path]) -> list[tuple[int, int]]:
    """Write a mark into PostgreSQL's logs; return where its line begins and ends in each.

    Whatever the server logged before the mark stands before it: the collector keeps
    the order. ``connection`` must log all its statements.

    Raises:
        LabError: the mark did not arrive within 15 s.
    """
    mark = f"perfkit mark {uuid.uuid4().hex}"
    looked_from = [log.stat().st_size for log in logs]
    connection.execute(f"select '{mark}'".encode())
    return [
        _wait_for_line(log, start, mark.encode())
        for log, start in zip(logs, looked_from, strict=True)
    ]


def _wait_for_line(log: Path, start: int, mark: bytes) -> tuple[int, int]:
    deadline = time.monotonic() + MARK_S
    while True:
        with log.open("rb") as stream:
            stream.seek(start)
            text = stream.read()
        at = text.find(mark)
        end = text.find(b"\n", at)
        if at >= 0 and end >= 0:
            return start + text.rfind(b"\n", 0, at) + 1, start + end + 1
        if time.monotonic() > deadline:
            raise LabError("lab: PostgreSQL's log does not grow", hint="is the disk full?")
        time.sleep(POLL_S)
