"""What the tests of all formats share: real files, and a parse of any chunk size."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from perfkit.formats.model import Chunk, concatenate

DATA = Path(__file__).parents[3] / "shared" / "data"


@pytest.fixture(scope="session")
def real():
    """Read a real file, or skip: they are too large to be part of the project."""

    def read(name):
        path = DATA / name
        if not path.exists():
            pytest.skip(f"the real file {name} is not beside the project (../shared/data)")
        return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()

    return read


class _Bytes:
    def __init__(self, data):
        self.head, self._data = data[:65536], data

    def read(self, size):
        found, self._data = self._data[:size], self._data[size:]
        return found


@pytest.fixture(scope="session")
def parsed():
    """Parse bytes as a whole, or cut into chunks of some size."""
    from perfkit.ingest.gather import gather

    def parse(item, data, *, size=None, zone=None):
        if size is None:
            return (item.combine or concatenate)([item.parse(Chunk.whole(data, zone))])
        return gather(_Bytes(data), item, zone=zone, size=size)

    return parse


@pytest.fixture(scope="session")
def accounts():
    """Check that every line is used, irrelevant or rejected, and that rejects are placed."""

    def check(result, lines):
        assert result.lines == lines
        assert result.irrelevant >= 0
        assert result.rejected_lines >= len(result.rejected) * (result.rejected_lines > 0)
        assert result.used + result.irrelevant + result.rejected_lines == lines
        assert result.used >= 0
        assert all(1 <= bad.line <= lines and bad.reason for bad in result.rejected)
        for table in result.tables.values():
            assert table["line"].null_count == 0
            assert all(1 <= line <= lines for line in table["line"].to_pylist())

    return check
