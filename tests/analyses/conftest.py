"""Recordings out of a few rows: what a test does not name is unknown."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from perfkit import tables
from perfkit.recording import Recording

if TYPE_CHECKING:
    from types import ModuleType

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


@pytest.fixture(scope="session")
def traces_built() -> ModuleType:
    """Return the module with built traces: ``INNOCENT``, ``GUILTY``, ``Trace``, ``several``."""
    return _traces_built()


def _traces_built() -> ModuleType:
    path = Path(__file__).parent / "traces" / "traces_built.py"
    spec = importlib.util.spec_from_file_location("traces_built", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that asks for ``innocent`` or ``guilty`` once per such set of traces."""
    named = {
        name.strip()
        for mark in metafunc.definition.iter_markers("parametrize")
        for name in (mark.args[0].split(",") if isinstance(mark.args[0], str) else mark.args[0])
    }
    for name in sorted({"innocent", "guilty"} & set(metafunc.fixturenames) - named):
        made = getattr(_traces_built(), name.upper())
        metafunc.parametrize(name, made.values(), ids=made)
