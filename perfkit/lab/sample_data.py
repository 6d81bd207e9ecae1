"""``make sample-data``: record the shipped recordings again from the lab, nothing by hand."""

from __future__ import annotations

import gzip
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from perfkit import lab
from perfkit.errors import UsageError
from perfkit.lab.load_tools import record_load_tests
from perfkit.lab.releases import record_releases
from perfkit.lab.web_server import record_web_server

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from perfkit.lab.lab import Lab

__all__ = ["OTHERS", "STORIES", "main"]

LIMIT = 5_000_000
#: Folder name -> faults that the launch brings (None: all of them).
STORIES: dict[str, list[str] | None] = {
    "shop_launch": None,
    "n_plus_one": ["n_plus_one"],
    "healthy": [],
}
#: Folder name -> what records it; made only where its name is asked for. The last two need nginx,
#: wrk and locust on the PATH.
OTHERS: dict[str, Callable[[Lab, Path], object]] = {
    "two_releases": record_releases,
    "web_server": record_web_server,
    "load_tests": record_load_tests,
}
_SMALL = ("story.json",)


def main(target: Path, names: Sequence[str] = tuple(STORIES)) -> None:
    """Record ``names`` into ``target``, files compressed as logs usually are.

    Raises:
        UsageError: no recording has one of the names.
    """
    if unknown := sorted(set(names) - STORIES.keys() - OTHERS.keys()):
        raise UsageError(
            f"sample data: there is no {unknown[0]!r}", hint=", ".join([*STORIES, *OTHERS])
        )
    with lab.start() as running:
        for name in names:
            shutil.rmtree(target / name, ignore_errors=True)
            _record(running, name, target / name)
    size = sum(path.stat().st_size for path in target.rglob("*") if path.is_file())
    sys.stdout.write(f"{target}: {size / 1e6:.1f} MB\n")
    if size > LIMIT:
        sys.exit(f"{target}: more than {LIMIT / 1e6:.0f} MB")


def _record(running: Lab, name: str, folder: Path) -> None:
    if name in STORIES:
        running.record(folder, faults=STORIES[name])
        shutil.rmtree(folder / "jsonlog", ignore_errors=True)  # the same log once more
    else:
        OTHERS[name](running, folder)
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name not in _SMALL:
            _compress(path)


def _compress(path: Path) -> None:
    packed = path.with_name(path.name + ".gz")
    packed.write_bytes(gzip.compress(path.read_bytes(), compresslevel=9, mtime=0))
    path.unlink()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:] or tuple(STORIES))
