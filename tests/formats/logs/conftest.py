"""Records of a PostgreSQL log that a test writes line by line; parsing in chunks of any size."""

from dataclasses import replace

import pyarrow.compute as pc
import pytest

from perfkit import tables
from perfkit.formats.logs.pg_lines import read_records
from perfkit.formats.logs.pg_prefix import infer
from perfkit.formats.model import HEAD_BYTES, Chunk, concatenate
from perfkit.keep import EVERYTHING

PREFIX = "2026-11-21 02:00:{:02}.000 UTC [{}] app@shop/psql "


@pytest.fixture(scope="session")
def log():
    """Return the bytes of lines: each is a text behind ``LOG:  `` or (pid, text)."""

    def write(*lines):
        parts = []
        for second, line in enumerate(lines):
            pid, text = line if isinstance(line, tuple) else (7, line)
            severity = text.split(":  ", 1)[0]
            known = severity.isupper() and ":  " in text
            head = PREFIX.format(second % 60, pid)
            parts.append(head + ("" if known else "LOG:  ") + text.replace("\n", "\n\t") + "\n")
        return "".join(parts).encode()

    return write


@pytest.fixture(scope="session")
def records(log):
    """Return the records of such lines, or of bytes."""

    def read(*lines, zone=None, last=True):
        data = lines[0] if isinstance(lines[0], bytes) else log(*lines)
        usual = log(*["duration: 1.000 ms  statement: select 1"] * 20)
        return read_records(data, infer(usual), zone, last=last)

    return read


def pieces(data, cut, size):
    """Cut as the engine does: some bytes at least, more when a record needs them."""
    at = 0
    while at < len(data):
        wanted, end = size, 0
        while end <= 0 and at + wanted < len(data):
            end = cut(data[at : at + wanted])
            wanted = wanted * 2 if end <= 0 else wanted
        end = at + end if end > 0 else len(data)
        yield data[at:end]
        at = end


@pytest.fixture(scope="session")
def parsed():
    """Parse bytes as a whole or cut into chunks of some size, and mend what crosses them."""

    def parse(item, data, *, size=None, zone=None, hints=None, keep=EVERYTHING):
        parts, lines = [], 0
        chunks = list(pieces(data, item.cut, size or len(data) + 1)) or [b""]
        before = None
        for number, piece in enumerate(chunks):
            chunk = Chunk(
                data=piece, head=data[:HEAD_BYTES], zone=zone, hints=hints or {}, keep=keep,
                first=not number, last=number == len(chunks) - 1, before=before,
            )  # fmt: skip
            part = item.parse(chunk)
            before = item.holds(piece, before) if item.holds else None
            parts.append(part.shifted(lines))
            lines += part.lines
        return mended(item, parts)

    def mended(item, parts):
        if item.combine is not None:
            return item.combine(parts)
        whole = concatenate(parts)
        if item.mend is None:
            return whole
        more = item.mend(parts)
        found = dict(whole.tables)
        for name, rows in more.tables.items():
            joined = tables.concat([found.get(name, tables.empty(name)), rows], name)
            found[name] = joined.take(pc.sort_indices(joined, [("line", "ascending")]))
        notes = tuple(dict.fromkeys((*whole.notes, *more.notes)))
        return replace(whole, tables=found, notes=notes)

    return parse
