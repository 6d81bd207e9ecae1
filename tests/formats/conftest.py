"""What the tests of all formats share: real files, and a parse of any chunk size."""

from __future__ import annotations

import gzip
import io
from pathlib import Path

import pytest

from perfkit.ingest.gather import Text, gather
from perfkit.ingest.packed import Unpacked

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


@pytest.fixture(scope="session")
def parsed():
    """Parse bytes as a whole, or cut into chunks of some size."""

    def parse(item, data, *, size=None, zone=None):
        if size is None:
            size = len(data) + 1
        return gather(Text(Unpacked(io.BytesIO(data), "data")), item, zone=zone, size=size)

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
