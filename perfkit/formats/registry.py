"""Find the formats: modules of this package with a constant ``FORMAT``, and entry points.

A package of your own adds a format without touching this one::

    [project.entry-points."perfkit.formats"]
    mine = "my_package.my_format:FORMAT"
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from importlib.metadata import entry_points

import perfkit.formats
from perfkit.errors import UsageError
from perfkit.formats.model import Format

__all__ = ["formats", "named"]


@cache
def formats() -> tuple[Format, ...]:
    """Return every format, sorted by name; a name that two of them claim is an error."""
    found = [*_own(), *_foreign()]
    names = [item.name for item in found]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise UsageError(
            f"two formats are called {twice[0]!r}", hint="uninstall or rename one of them"
        )
    return tuple(sorted(found, key=lambda item: item.name))


def named(name: str) -> Format:
    """Return the format called ``name``.

    Raises:
        UsageError: no format has that name.
    """
    for item in formats():
        if item.name == name:
            return item
    known = ", ".join(item.name for item in formats())
    raise UsageError(f"there is no format {name!r}", hint=f"formats: {known}")


def _own() -> list[Format]:
    package = perfkit.formats
    modules = pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
    return [
        module.FORMAT
        for info in modules
        if not info.ispkg and hasattr(module := importlib.import_module(info.name), "FORMAT")
    ]


def _foreign() -> list[Format]:
    loaded = [(point, point.load()) for point in entry_points(group="perfkit.formats")]
    for point, item in loaded:
        if not isinstance(item, Format):
            raise UsageError(
                f"entry point {point.name!r} of perfkit.formats is no Format",
                hint=f"let {point.value} name a perfkit.formats.model.Format",
            )
    return [item for _, item in loaded]
