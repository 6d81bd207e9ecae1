"""Fixtures that several rooms share."""

from __future__ import annotations

import atexit
import os
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).parent.parent


# The first pyarrow.array of a process imports pandas: no example's time means anything.
settings.register_profile("perfkit", deadline=None)
settings.load_profile("perfkit")


@pytest.fixture(scope="session", autouse=True)
def _private_lab(tmp_path_factory):
    """Tests never touch (or stop) a lab that somebody is using."""
    home = tmp_path_factory.mktemp("lab-home", numbered=True)
    before = os.environ.get("PERFKIT_LAB_HOME")
    os.environ.setdefault("PERFKIT_LAB_HOME", str(home / "lab"))
    yield
    if before is None:
        os.environ.pop("PERFKIT_LAB_HOME", None)


@pytest.fixture
def shell():
    """A bare IPython with perfkit loaded."""
    from IPython.core.interactiveshell import InteractiveShell

    InteractiveShell.clear_instance()
    shell = InteractiveShell.instance()
    shell.run_line_magic("load_ext", "perfkit")
    yield shell
    shell.run_line_magic("unload_ext", "perfkit")
    shell.history_manager.end_session()
    atexit.unregister(shell.atexit_operations)  # each collects all garbage: half a minute in all
    InteractiveShell.clear_instance()
