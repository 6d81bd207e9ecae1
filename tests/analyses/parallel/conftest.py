"""Requests that tests write call by call, as tables and as steps."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from perfkit.analyses.parallel.steps import Steps
from perfkit.analyses.traces.forest import Forest
from perfkit.fingerprinted import fingerprinted


def _module():
    path = Path(__file__).parent / "requests_written.py"
    spec = importlib.util.spec_from_file_location("requests_written", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def written():
    """Return a maker of spans: ``written(write, count)``, where ``write(request, n)`` calls."""
    return _module().written


@pytest.fixture(scope="session")
def forest(written):
    """Return a maker of forests out of the same."""
    return lambda write, count=30, **options: Forest(
        fingerprinted(written(write, count, **options))
    )


@pytest.fixture(scope="session")
def steps(forest):
    """Return a maker of steps out of the same."""
    return lambda write, count=30, **options: Steps(forest(write, count, **options))
