"""Cells run as in a notebook."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from IPython.utils.capture import capture_output

import perfkit.lab


@dataclass
class Cell:
    """What one cell left: its value, what it printed (displays included), and its error."""

    value: Any
    printed: str
    error: BaseException | None


@pytest.fixture
def cell(shell):
    """Run a cell, remembered in the history as Jupyter does."""

    def run(source: str) -> Cell:
        with capture_output() as captured:
            done = shell.run_cell(source, store_history=True)
        error = done.error_in_exec or done.error_before_exec
        return Cell(done.result, captured.stdout + captured.stderr, error)

    return run


@pytest.fixture(scope="module")
def lab():
    """A small lab, held for the module."""
    with perfkit.lab.start(scale=0.02) as lab:
        yield lab
