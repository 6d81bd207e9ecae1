"""The CSV files that locust writes (``--csv shop``), read by the names of their columns.

Four files: ``shop_stats.csv``, ``shop_stats_history.csv``, ``shop_failures.csv``,
``shop_exceptions.csv``. Names are compared in lower case; versions before 1.0 had others, which
:data:`_OLD` maps. A record may have several lines (tracebacks).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from perfkit.formats.model import BadLine, Chunk, Parsed, kept
from perfkit.formats.text import to_utf8
from perfkit.formats.traces.flat_csv import header_of, read_lines
from perfkit.recording import Note

__all__ = ["CLOSED", "Row", "Rows", "columns", "read"]

_OLD = {
    "method": "type",
    "# requests": "request count",
    "# failures": "failure count",
    "requests failed/s": "failures/s",
}
CLOSED = Note(
    kind="coordinated_omission",
    message="locust's users wait for each answer before they ask again (a closed loop), and time "
    "starts when a request is sent: requests that should have been sent during a stall are missing "
    "from its percentiles",
)


class Row(NamedTuple):
    """One record: its first line, its text, and its values by column."""

    line: int
    raw: bytes
    values: dict[str, str]

    def get(self, name: str) -> str | None:
        """Return a value; None where it is absent, empty or N/A."""
        said = self.values.get(name, "").strip()
        return None if said in {"", "N/A"} else said


@dataclass
class Rows:
    """The records of one chunk, and the account of its lines."""

    rows: list[Row] = field(default_factory=list)
    rejected: list[BadLine] = field(default_factory=list)
    rejected_lines: int = 0
    irrelevant: int = 0
    lines: int = 0
    notes: list[Note] = field(default_factory=list)

    def parsed(self, notes: tuple[Note, ...] = ()) -> Parsed:
        """Return the account; the tables are the caller's."""
        return Parsed(
            rejected=kept(self.rejected),
            rejected_lines=self.rejected_lines,
            irrelevant=self.irrelevant,
            lines=self.lines,
            notes=(*self.notes, *notes),
            missing="it has no rows: locust writes the header first, and what happened afterwards",
        )

    def leave_out(self, row: Row) -> None:
        """Count a record as irrelevant."""
        self.irrelevant += row.raw.count(b"\n") + 1


def columns(head: bytes) -> list[str]:
    """Return the names in the first line, in lower case, as later versions call them."""
    names, delimiter = header_of(head)
    plain = [name.lower() for name in names]
    return [_OLD.get(name, name) for name in plain] if delimiter == "," else []


def read(chunk: Chunk) -> Rows:
    """Read the records of a chunk; its columns are those of the file's first line."""
    names = columns(chunk.head or chunk.data)
    data, notes = to_utf8(chunk.data)
    found = Rows(notes=notes)
    for line in read_lines(data.decode(), ","):
        found.lines += line.lines
        raw = line.text.removesuffix("\n").encode()
        if not line.text.strip() or columns(raw) == names:
            found.irrelevant += line.lines
        elif line.fields is None or len(line.fields) != len(names):
            found.rejected.append(BadLine.of(line.number, "it has another number of columns", raw))
            found.rejected_lines += line.lines
        else:
            values = dict(zip(names, line.fields, strict=True))
            found.rows.append(Row(line.number, raw, values))
    return found
