"""``make lab``: JupyterLab beside the lab, or alone where the lab cannot run."""

from __future__ import annotations

import json
import sys
from contextlib import nullcontext
from types import SimpleNamespace

import pytest

from perfkit import lab
from perfkit.errors import LabError
from perfkit.lab.jupyter import main


@pytest.fixture
def interpreter(tmp_path, monkeypatch):
    """A stand-in for Python that writes down how it was called; returns that."""
    told = tmp_path / "told.json"
    script = tmp_path / "python"
    script.write_text(
        f"#!{sys.executable}\nimport json, sys\n"
        f"json.dump(sys.argv[1:], open({str(told)!r}, 'w'))\nsys.exit(3)\n"
    )
    script.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(script))
    return lambda: json.loads(told.read_text())


def held(**_):
    return nullcontext(SimpleNamespace(url="http://127.0.0.1:1234"))


def refused(**_):
    raise LabError("lab: no PostgreSQL here", hint="install one")


def test_the_lab_is_held_while_jupyter_serves_copies_of_the_notebooks(
    monkeypatch, tmp_path, interpreter, capsys
):
    monkeypatch.setattr(lab, "start", held)
    assert main(tmp_path / "work") == 3
    assert "shop at http://127.0.0.1:1234" in capsys.readouterr().out
    told = interpreter()
    assert told[:2] == ["-m", "jupyterlab"]
    assert f"--ServerApp.root_dir={tmp_path / 'work'}" in told
    first = next(one for one in told if "default_url" in one).rpartition("/")[2]
    assert (tmp_path / "work" / first).is_file()


def test_only_this_machine_is_served_and_nobody_outside_is_asked(
    monkeypatch, tmp_path, interpreter
):
    monkeypatch.setattr(lab, "start", held)
    main(tmp_path / "work")
    assert "--ServerApp.ip=127.0.0.1" in interpreter()
    assert any(one.endswith("NeverCheckForUpdate") for one in interpreter())
    assert not any("token" in one or "password" in one for one in interpreter())


def test_without_a_lab_the_notebooks_run_on_recorded_data(
    monkeypatch, tmp_path, interpreter, capsys
):
    monkeypatch.setattr(lab, "start", refused)
    assert main(tmp_path / "work") == 3
    said = capsys.readouterr().out
    assert "no PostgreSQL here" in said
    assert "recorded data" in said
    assert interpreter()


def test_ctrl_c_while_the_lab_starts_ends_quietly(monkeypatch, tmp_path):
    def interrupted(**_):
        raise KeyboardInterrupt

    monkeypatch.setattr(lab, "start", interrupted)
    assert main(tmp_path / "work") == 0
