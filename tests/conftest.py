"""Fixtures that several rooms share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


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
    InteractiveShell.clear_instance()


def need(found: object, what: str) -> None:
    """Skip with a reason, or fail where skipping would hide something (CI=true)."""
    if not found:
        message = f"{what} is not installed here"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
