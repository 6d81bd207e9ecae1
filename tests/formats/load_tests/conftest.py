"""Small files: what wrk and locust wrote of a server on 127.0.0.1, and the shapes of k6."""

from pathlib import Path

import pytest

DATA = Path(__file__).parent / "data"


@pytest.fixture(scope="session")
def written():
    """Return the bytes of a file."""
    return lambda name: (DATA / name).read_bytes()


@pytest.fixture(scope="session")
def table():
    """Return the rows of a table as dictionaries, without what every row has."""

    def rows(result, name):
        found = result.tables[name].drop_columns(["source", "attributes"])
        return found.to_pylist()

    return rows
