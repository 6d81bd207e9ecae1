"""What the tests of several trace formats share."""

import gzip

import pyarrow as pa
import pytest

from perfkit.formats.registry import formats


@pytest.fixture
def packed(tmp_path):
    """Write bytes to a file: as they are, or compressed."""

    def write(data, name, kind):
        path = tmp_path / f"{name}.{kind}"
        if kind == "gz":
            path.write_bytes(gzip.compress(data))
        elif kind == "zst":
            with pa.CompressedOutputStream(str(path), "zstd") as out:
                out.write(data)
        else:
            path.write_bytes(data)
        return path

    return write


@pytest.fixture(scope="session")
def claims():
    """Return the names of the formats that take bytes for their own, the surest first."""

    def ask(data):
        found = {item.name: item.recognises(data[: 1 << 16]).confidence for item in formats()}
        return {name: sure for name, sure in found.items() if sure >= 0.4}

    return ask
