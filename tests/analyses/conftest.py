"""Recordings out of a few rows: what a test does not name is unknown."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pytest

from perfkit import tables
from perfkit.recording import Recording

if TYPE_CHECKING:
    import pyarrow as pa

Rows = Sequence[Mapping[str, Any]]


def _table(name: str, rows: Rows) -> pa.Table:
    columns = dict.fromkeys(column for row in rows for column in row)
    return tables.from_columns(name, {c: [row.get(c) for row in rows] for c in columns})


@pytest.fixture(scope="session")
def table() -> Callable[[str, Rows], pa.Table]:
    """Return a maker of one canonical table from dictionaries."""
    return _table


@pytest.fixture(scope="session")
def built() -> Callable[..., Recording]:
    """Return a maker of recordings: ``built(requests=[{...}], spans=[...])``."""

    def make(**contents: Rows) -> Recording:
        return Recording.from_frames(
            **{name: _table(name, rows) for name, rows in contents.items()}
        )

    return make
