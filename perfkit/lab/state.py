"""Where a lab keeps its state: one private folder per user, one lock, one record.

The folder holds the lock (held by the supervisor for as long as it lives, so that
the kernel frees it whatever happens), the control socket, the supervisor's own log
and the record of the cluster's folder, by which the next start finds what a killed
supervisor left behind.
"""

from __future__ import annotations

import contextlib
import json
import os
import stat
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from perfkit.errors import LabError

__all__ = ["CLUSTER_PREFIX", "Home", "check_socket_path", "find_home"]

CLUSTER_PREFIX = "perfkit-pg-"

# sizeof(sockaddr_un.sun_path) less the closing NUL.
_SOCKET_PATH_LIMIT = 107 if sys.platform == "linux" else 103
_SHORTER = "export PERFKIT_LAB_HOME=/a/shorter/path"


@dataclass(frozen=True)
class Home:
    """The lab's state folder; ``volatile`` when it lies on the small run-time file system."""

    path: Path
    volatile: bool = False

    @property
    def lock(self) -> Path:
        """Return the file whose lock means: a supervisor lives."""
        return self.path / "lab.lock"

    @property
    def control(self) -> Path:
        """Return the supervisor's socket."""
        return self.path / "lab.sock"

    @property
    def record(self) -> Path:
        """Return the file that remembers the cluster's folder."""
        return self.path / "lab.json"

    @property
    def log(self) -> Path:
        """Return the file for what the supervisor itself has to say."""
        return self.path / "lab.log"

    def prepare(self) -> None:
        """Create the folder with mode 0700, or make sure that it is ours alone.

        Raises:
            LabError: it is a link, somebody else's, open to others, or cannot be made.
        """
        try:
            self.path.mkdir(mode=0o700)
        except FileExistsError:
            self.check()
        except OSError as error:
            raise LabError(f"perfkit lab: {self.path}: {error.strerror}") from error
        check_socket_path(self.control)

    def check(self) -> None:
        """Raise LabError when the folder exists and is not private to this user."""
        try:
            info = self.path.lstat()
        except FileNotFoundError:
            return
        if not stat.S_ISDIR(info.st_mode):
            raise LabError(f"perfkit lab: {self.path} is not a folder", hint=_SHORTER)
        if info.st_uid != os.getuid():
            raise LabError(f"perfkit lab: {self.path} belongs to another user", hint=_SHORTER)
        if stat.S_IMODE(info.st_mode) & 0o077:
            raise LabError(
                f"perfkit lab: {self.path} is open to other users", hint=f"chmod 700 {self.path}"
            )

    def take_lock(self, patience: float = 0.0) -> int | None:
        """Return the descriptor that holds the lock, None when somebody else has it.

        ``patience`` is in seconds. The lock file is removed together with the folder,
        so a lock counts only on the file that still bears the name.

        Raises:
            FileNotFoundError: the folder went away, with the lab that used it.
        """
        deadline = time.monotonic() + patience
        while True:
            descriptor = os.open(self.lock, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
            if _locked(descriptor) and _same_file(descriptor, self.lock):
                return descriptor
            os.close(descriptor)
            if time.monotonic() >= deadline:
                return None
            time.sleep(0.02)

    def busy(self) -> bool:
        """Return whether a supervisor lives (or starts, or ends) here."""
        descriptor = self.take_lock()
        if descriptor is None:
            return True
        os.close(descriptor)
        return False

    def remember(self, **facts: object) -> None:
        """Write the record, whole or not at all."""
        fresh = self.record.with_suffix(".new")
        fresh.write_text(json.dumps(facts), encoding="utf-8")
        fresh.replace(self.record)

    def recall(self) -> dict[str, Any]:
        """Return the record, {} when there is none."""
        try:
            facts = json.loads(self.record.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return facts if isinstance(facts, dict) else {}

    def remove(self) -> None:
        """Remove our own files and, if nothing else is in it, the folder."""
        for path in (self.control, self.record, self.record.with_suffix(".new"), self.log):
            path.unlink(missing_ok=True)
        self.lock.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            self.path.rmdir()


def find_home(directory: Path | str | None = None) -> Home:
    """Return the state folder: ``directory``, PERFKIT_LAB_HOME, or the user's own.

    The user's own is ``perfkit-lab-<uid>`` in ``XDG_RUNTIME_DIR`` if that is ours,
    otherwise in the system's folder for temporary files. Nothing is created.

    Raises:
        LabError: the folder is not private to this user, or this is Windows.
    """
    if sys.platform == "win32":
        raise LabError("perfkit lab: it runs on Linux and macOS only", hint="use WSL")
    home = _place(directory)
    home.check()  # before anybody connects to a socket in it
    return home


def _place(directory: Path | str | None) -> Home:
    named = directory or os.environ.get("PERFKIT_LAB_HOME")
    if named:
        path = Path(named).expanduser().absolute()
        return Home(path.parent.resolve() / path.name)
    name = f"perfkit-lab-{os.getuid()}"
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    if runtime and _ours(Path(runtime)):
        return Home(Path(runtime).resolve() / name, volatile=True)
    return Home(Path(tempfile.gettempdir()).resolve() / name)


def check_socket_path(path: Path) -> None:
    """Raise LabError when ``path`` is too long for the name of a Unix socket."""
    if len(os.fsencode(path)) > _SOCKET_PATH_LIMIT:
        raise LabError(f"perfkit lab: {path}: too long for the name of a socket", hint=_SHORTER)


def _ours(path: Path) -> bool:
    try:
        return path.is_dir() and path.stat().st_uid == os.getuid()
    except OSError:
        return False


def _locked(descriptor: int) -> bool:
    import fcntl  # POSIX only, and this module is imported everywhere

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _same_file(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.lstat())
    except FileNotFoundError:
        return False
