"""Parse bytes as a whole or in chunks of any size, pending rows mended, rows in order."""

from pathlib import Path

import pytest

from perfkit import tables
from perfkit.formats.model import HEAD_BYTES, Chunk, Parsed, concatenate


def _chunks(data, cut, size):
    buffer, wanted = b"", size
    while data or buffer:
        more = max(0, wanted - len(buffer))
        buffer, data = buffer + data[:more], data[more:]
        at = cut(buffer) if data else len(buffer)
        if at <= 0:
            wanted = 2 * max(wanted, len(buffer))
            continue
        yield buffer[:at]
        buffer, wanted = buffer[at:], size


@pytest.fixture(scope="session")
def read():
    """Return what a format makes of bytes, as the engine does: holds, parse, mend."""

    def parse(item, data, *, size=None, zone=None):
        head, parts, lines, held = data[:HEAD_BYTES], [], 0, None
        pieces = [data] if size is None else list(_chunks(data, item.cut, size))
        for place, piece in enumerate(pieces):
            chunk = Chunk(data=piece, head=head, first=place == 0, before=held, zone=zone,
                          last=place == len(pieces) - 1)  # fmt: skip
            parts.append(item.parse(chunk).shifted(lines))
            lines += parts[-1].lines
            held = item.holds(piece, held) if item.holds else None
        whole = concatenate(parts)
        mended = item.mend(parts) if item.mend else Parsed()
        found = {
            name: tables.concat([p.tables[name] for p in (whole, mended) if name in p.tables], name)
            for name in {*whole.tables, *mended.tables}
        }
        return Parsed(
            tables={name: table.sort_by("line") for name, table in found.items()},
            rejected=whole.rejected,
            rejected_lines=whole.rejected_lines,
            irrelevant=whole.irrelevant,
            lines=whole.lines,
            notes=tuple(dict.fromkeys((*whole.notes, *mended.notes))),
        )

    return parse


@pytest.fixture(scope="session")
def rows(read):
    """Return the rows of ``queries`` (or another table) as dictionaries."""

    def found(item, data, *, table="queries", **options):
        data = data.encode() if isinstance(data, str) else data
        result = read(item, data, **options)
        return result.tables[table].to_pylist() if table in result.tables else []

    return found


@pytest.fixture(scope="session")
def same_in_chunks(read, accounts):
    """Check that chunks of any size give the same tables, and that all lines are accounted."""

    def check(item, data, sizes=(40, 97, 300, 1000, 5000)):
        whole = read(item, data)
        lines = data.count(b"\n") + (not data.endswith(b"\n") and bool(data))
        accounts(whole, lines)
        for size in sizes:
            cut = read(item, data, size=size)
            accounts(cut, lines)
            assert cut.tables.keys() == whole.tables.keys()
            for name, table in whole.tables.items():
                assert cut.tables[name].to_pylist() == table.to_pylist(), (name, size)
            assert (cut.irrelevant, cut.rejected_lines) == (whole.irrelevant, whole.rejected_lines)
        return whole

    return check


@pytest.fixture(scope="session")
def data_file():
    """Read a file of ``data``."""
    return lambda name: (Path(__file__).parent / "data" / name).read_bytes()
