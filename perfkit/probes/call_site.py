"""Who is calling: the application's own frames of the current call stack.

Frames of the standard library, of installed packages and of perfkit itself are left out;
the demo shop counts as an application. Cheap enough for every checkout of a connection:
the walk takes about 0.1 µs a frame, and text is only made when it is needed.
"""

from __future__ import annotations

import sys
import sysconfig
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import CodeType, FrameType

__all__ = ["DEPTH", "Site", "application_frames", "describe", "shown"]

#: As many frames as a person reads; the innermost ones are kept.
DEPTH = 8

#: Code objects with line numbers, innermost first.
Site = tuple[tuple["CodeType", int], ...]

_PACKAGE = Path(__file__).resolve().parent.parent
_LIBRARY = {sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib")}
_INSTALLED = {"site-packages", "dist-packages"}


def application_frames(frame: FrameType | None, depth: int = DEPTH) -> Site:
    """Return the innermost ``depth`` application frames from ``frame`` outwards."""
    found: list[tuple[CodeType, int]] = []
    for outer in _outwards(frame):
        code = outer.f_code
        if shown(code.co_filename):
            found.append((code, outer.f_lineno))
            if len(found) == depth:
                break
    return tuple(found)


def describe(site: Site) -> str:
    """Return ``file:function:line`` joined by ``;``, outermost first."""
    return ";".join(
        f"{shown(code.co_filename)}:{code.co_name}:{line}" for code, line in reversed(site)
    )


def _outwards(frame: FrameType | None) -> Iterator[FrameType]:
    """Yield ``frame`` and its callers, through greenlets.

    SQLAlchemy's asyncio half runs its synchronous code in a greenlet: the coroutine that
    called it stands in the parent greenlet, which f_back does not reach.
    """
    module = sys.modules.get("greenlet")
    running = module.getcurrent() if module else None
    while frame is not None:
        yield frame
        frame = frame.f_back
        if frame is None and running is not None:
            running = running.parent
            frame = running.gr_frame if running is not None else None


@lru_cache(maxsize=4096)
def shown(filename: str) -> str:
    """Return how to print an application's file, or "" for a file that is not one."""
    if filename.startswith("<"):
        return ""
    path = Path(filename)
    if path.is_relative_to(_PACKAGE):
        ours = path.relative_to(_PACKAGE.parent)
        return ours.as_posix() if ours.parts[1] == "lab" else ""
    if not _INSTALLED.isdisjoint(path.parts) or any(path.is_relative_to(p) for p in _LIBRARY):
        return ""
    return _short(path)


def _short(path: Path) -> str:
    """Return the path below the working directory, else its last two parts: no home directories."""
    here = Path.cwd()
    shown = path.relative_to(here) if path.is_relative_to(here) else Path(*path.parts[-2:])
    return shown.as_posix()
