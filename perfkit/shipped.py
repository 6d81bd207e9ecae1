"""Notebooks and sample data that come with perfkit."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from perfkit.errors import UsageError

if TYPE_CHECKING:
    from perfkit.recording import Recording

__all__ = ["copy_notebooks", "folder", "sample"]


def folder(kind: str) -> Path:
    """Return the folder ``notebooks`` or ``sample_data``, in the wheel or in a checkout."""
    package = Path(__file__).parent
    inside = package / "_shipped" / kind
    return inside if inside.is_dir() else package.parent / kind


def sample(name: str) -> Recording:
    """Load one of the recordings that come with perfkit.

    Each is a folder of files that the lab's real servers wrote; ``sample_data/README.md``
    says what each one hides.

    Args:
        name: ``shop_launch`` (before and after a launch with every fault), ``n_plus_one``,
            or ``healthy``.

    Raises:
        UsageError: no sample has this name; the hint lists them.

    Example:
        >>> rec = perfkit.sample("n_plus_one")
        >>> perfkit.n_plus_one(rec)
    """
    from perfkit.ingest.load import load

    home = folder("sample_data")
    names = sorted(path.name for path in home.iterdir() if path.is_dir()) if home.is_dir() else []
    if name not in names:
        raise UsageError(f"there is no sample {name!r}", hint=f"samples: {', '.join(names)}")
    rec = load(*sorted((home / name).glob("*.gz")))
    inputs = tuple(replace(it, name=f"{name}/{Path(it.name).name}") for it in rec.inputs)
    return _marked(replace(rec, inputs=inputs), home / name / "story.json")


def _marked(rec: Recording, story: Path) -> Recording:
    """Add the deploy mark that the story names, as a person would with ``rec.mark``."""
    import json

    if not story.is_file():
        return rec
    for mark in json.loads(story.read_text())["marks"]:
        rec = rec.mark(mark["at"], mark["label"])
    return rec


def copy_notebooks(target: Path) -> list[Path]:
    """Copy the guided notebooks to ``target``; files that are there already are kept.

    Raises:
        UsageError: ``target`` exists and is no folder.
    """
    if target.exists() and not target.is_dir():
        raise UsageError(f"{target}: is not a folder", hint="perfkit notebooks my-notebooks")
    target.mkdir(parents=True, exist_ok=True)
    copied = []
    for notebook in sorted(folder("notebooks").glob("*.ipynb")):
        destination = target / notebook.name
        if not destination.exists():
            shutil.copyfile(notebook, destination)
            copied.append(destination)
    return copied
