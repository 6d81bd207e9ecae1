"""Small files that sar, sadf, vmstat and Prometheus wrote; docker, CloudWatch and Grafana by shape.

The real ones were written on one machine with two CPUs, kept busy: /proc said 24684092 kB of
memory, a load of 7.00 7.58 6.16, and no idle time meanwhile.
"""

from pathlib import Path

import pytest

DATA = Path(__file__).parent / "data"


@pytest.fixture(scope="session")
def written():
    """Return the bytes of a file."""
    return lambda name: (DATA / name).read_bytes()


@pytest.fixture(scope="session")
def readings():
    """Return the readings of a result as (time, host, name, value, unit)."""

    def rows(result, name=None):
        found = result.tables["metrics"].drop_columns(["source", "attributes", "line"]).to_pylist()
        told = [
            (str(row["at"])[:19] if row["at"] else None, *list(row.values())[1:]) for row in found
        ]
        return told if name is None else [row for row in told if row[2] == name]

    return rows


@pytest.fixture(scope="session")
def values(readings):
    """Return the values of one name, rounded."""
    return lambda result, name: [round(row[3], 6) for row in readings(result, name)]


@pytest.fixture(scope="session")
def kinds():
    """Return the kinds of a result's notes."""
    return lambda result: [note.kind for note in result.notes]
