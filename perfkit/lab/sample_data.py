"""``make sample-data``: record the shipped recordings again from the lab, nothing by hand."""

from __future__ import annotations

import gzip
import shutil
import sys
from pathlib import Path

from perfkit import lab

__all__ = ["main"]

LIMIT = 5_000_000
#: Folder name -> faults that the launch brings (None: all of them).
STORIES: dict[str, list[str] | None] = {
    "shop_launch": None,
    "n_plus_one": ["n_plus_one"],
    "healthy": [],
}
_SMALL = ("story.json",)


def main(target: Path) -> None:
    """Record every story into ``target``, files compressed as logs usually are."""
    with lab.start() as running:
        for name, faults in STORIES.items():
            shutil.rmtree(target / name, ignore_errors=True)
            running.record(target / name, faults=faults)
            shutil.rmtree(target / name / "jsonlog", ignore_errors=True)  # the same log once more
            for path in sorted((target / name).iterdir()):
                _compress(path)
    size = sum(path.stat().st_size for path in target.rglob("*") if path.is_file())
    sys.stdout.write(f"{target}: {size / 1e6:.1f} MB\n")
    if size > LIMIT:
        sys.exit(f"{target}: more than {LIMIT / 1e6:.0f} MB")


def _compress(path: Path) -> None:
    if path.name in _SMALL:
        return
    packed = path.with_name(path.name + ".gz")
    packed.write_bytes(gzip.compress(path.read_bytes(), compresslevel=9, mtime=0))
    path.unlink()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
