"""What someone gets who only ran pip."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def members(tmp_path_factory):
    target = tmp_path_factory.mktemp("wheel")
    build = "import os, sys; from hatchling.build import build_wheel; build_wheel(sys.argv[1])"
    subprocess.run(
        [sys.executable, "-c", build, str(target)],
        cwd=ROOT,
        check=True,
        capture_output=True,
        timeout=120,
    )
    (wheel,) = target.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return {item.filename: item.file_size for item in archive.infolist()}


def test_notebooks_and_sample_data_are_inside(members):
    for notebook in (ROOT / "notebooks").glob("*.ipynb"):
        assert f"perfkit/_shipped/notebooks/{notebook.name}" in members
    for file in (ROOT / "sample_data").rglob("*.gz"):
        assert f"perfkit/_shipped/{file.relative_to(ROOT).as_posix()}" in members


def test_every_module_is_inside_and_nothing_of_the_tests(members):
    for module in (ROOT / "perfkit").rglob("*.py"):
        assert module.relative_to(ROOT).as_posix() in members
    assert not [name for name in members if name.startswith("tests/") or "__pycache__" in name]


def test_sample_data_stay_small():
    files = [path for path in (ROOT / "sample_data").rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) <= 5_000_000
