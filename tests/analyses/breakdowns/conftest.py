"""The maker of traces that several folders share."""

import importlib.util
from pathlib import Path

import pytest

PATH = Path(__file__).parent.parent / "traces" / "trees.py"


@pytest.fixture(scope="session")
def made():
    """Return the module ``trees``: traces out of tuples, and strategies that draw them."""
    spec = importlib.util.spec_from_file_location("trees", PATH)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
