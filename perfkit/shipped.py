"""Notebooks and sample data that come with perfkit."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from perfkit.errors import UsageError

if TYPE_CHECKING:
    from perfkit.recording import Recording

__all__ = ["copy_notebooks", "folder", "runs", "sample"]


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
            ``healthy``, ``two_releases`` (all its runs together; `runs` keeps them apart),
            ``web_server`` (nginx's log), or ``load_tests`` (wrk and locust).

    Raises:
        UsageError: no sample has this name; the hint lists them.

    Example:
        >>> rec = perfkit.sample("n_plus_one")
        >>> perfkit.n_plus_one(rec)
    """
    home = _home(name)
    return _marked(_loaded(home, home), home / "story.json")


def runs(name: str) -> tuple[list[Recording], list[Recording]]:
    """Load a sample of several runs of two releases: those before and those after the change.

    Args:
        name: ``two_releases``.

    Raises:
        UsageError: no sample has this name, or it is no sample of several runs.

    Example:
        >>> before, after = perfkit.shipped.runs("two_releases")
        >>> perfkit.compare(before, after)
    """
    home = _home(name)
    sides = [sorted(home.glob(f"{side}_*/")) for side in ("before", "after")]
    if not all(sides):
        raise UsageError(
            f"the sample {name!r} is one recording, not several runs",
            hint=f"perfkit.sample({name!r})",
        )
    before, after = ([_loaded(run, home) for run in side] for side in sides)
    return before, after


def _home(name: str) -> Path:
    """Return the folder of a sample."""
    home = folder("sample_data")
    names = sorted(path.name for path in home.iterdir() if path.is_dir()) if home.is_dir() else []
    if name not in names:
        raise UsageError(f"there is no sample {name!r}", hint=f"samples: {', '.join(names)}")
    return home / name


def _loaded(part: Path, home: Path) -> Recording:
    """Load the files below ``part``, called as they are inside the samples' folder."""
    from perfkit.ingest.load import load

    rec = load(*sorted(part.rglob("*.gz")))
    names = [Path(it.name).relative_to(home.parent).as_posix() for it in rec.inputs]
    inputs = tuple(replace(it, name=name) for it, name in zip(rec.inputs, names, strict=True))
    return replace(rec, inputs=inputs)


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
