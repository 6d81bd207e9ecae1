"""The public names: what is promised is there, documented, and nothing else."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import perfkit

SOURCE = Path(perfkit.__file__).read_text(encoding="utf-8")


def names_for_type_checkers():
    for node in ast.parse(SOURCE).body:
        if isinstance(node, ast.If):
            return {alias.name for line in node.body for alias in getattr(line, "names", ())}
    return set()


def test_the_three_lists_of_public_names_agree():
    lazy = set(perfkit._HOMES)
    assert perfkit.__all__ == sorted(perfkit.__all__)
    assert set(perfkit.__all__) == lazy | {"__version__"}
    assert names_for_type_checkers() - {"Any"} == lazy


@pytest.mark.parametrize("name", [name for name in perfkit.__all__ if name != "__version__"])
def test_every_public_name_exists_and_says_what_it_does(name):
    value = getattr(perfkit, name)
    assert inspect.getdoc(value)
    assert value.__name__ == name


@pytest.mark.parametrize(
    "name",
    ["baseline", "diagnose", "digest", "event_loop", "load", "n_plus_one", "pool", "sample"],
)
def test_what_people_type_first_shows_an_example(name):
    assert ">>> " in inspect.getdoc(getattr(perfkit, name))


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'diagnoze'"):
        perfkit.diagnoze  # noqa: B018


def test_completion_lists_the_public_names():
    assert set(perfkit.__all__) <= set(dir(perfkit))


def test_the_lab_is_reached_without_an_import_of_its_own():
    code = "import perfkit; perfkit.lab.start; perfkit.guide.check; perfkit.share.report"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
