"""One throw-away PostgreSQL cluster: made, started, stopped and deleted."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from perfkit.errors import LabError
from perfkit.lab.processes import die_with_us, end_all, end_group
from perfkit.lab.settings import initdb_options, server_settings
from perfkit.lab.state import CLUSTER_PREFIX, Home, check_socket_path

if TYPE_CHECKING:
    from perfkit.lab.binaries import Binaries
    from perfkit.lab.identity import Identity

__all__ = ["Cluster", "choose_root", "recover"]

_INITDB_S = 120.0
_READY_S = 60.0
_FAST_STOP_S = 10.0
# Everything else of the environment stays out: PG* would change the server, the
# rest may hold secrets.
_ENVIRONMENT = ("PATH", "TMPDIR", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
# A full disk shows itself in many ways afterwards; the reason stands further up.
_TELLING = (re.compile("No space left on device"), re.compile("FATAL|PANIC|error:"))
_NO_CONTRIB = 'could not access file "'


class Cluster:
    """A cluster in ``root``: ``data``, ``log`` and the socket, all gone after :meth:`remove`."""

    def __init__(self, root: Path, binaries: Binaries, identity: Identity) -> None:
        """Keep what to run, where and as whom; nothing is started."""
        self.root = root
        self.data = root / "data"
        self.log = root / "log"
        self.binaries = binaries
        self._identity = identity
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Return the postmaster's process id, 0 before the start."""
        return self._process.pid if self._process else 0

    def create(self) -> None:
        """Make the folder, run initdb and write the settings (0.8 s on an idle machine).

        Raises:
            LabError: the socket's path is too long, or initdb fails: its last line.
        """
        check_socket_path(self.root / ".s.PGSQL.5432.lock")
        for folder in (self.root, self.log):
            folder.mkdir(mode=0o700)
            self._identity.own(folder)
        output = self.root / "initdb.log"
        options = initdb_options(self.binaries.major, linux=sys.platform == "linux")
        with output.open("wb") as sink:
            process = self._popen("initdb", ["-D", str(self.data), *options], sink)
        try:
            status = process.wait(timeout=_INITDB_S)
        except subprocess.TimeoutExpired:
            status = -signal.SIGKILL
        finally:
            end_group(process, signal.SIGKILL, 1.0)
        if status:
            raise LabError(
                f"perfkit lab: initdb failed: {_last_line(output)}", hint=_room(self.root)
            )
        self._configure()

    def start(self) -> None:
        """Start the server and wait until it takes connections.

        Raises:
            LabError: it ends at once, or is not ready within a minute.
        """
        output = self.root / "start.log"
        with output.open("wb") as sink:
            self._process = self._popen("postgres", ["-D", str(self.data)], sink)
        deadline = time.monotonic() + _READY_S
        while not self._ready():
            if not self.alive() or time.monotonic() > deadline:
                raise self._start_failure(output)
            time.sleep(0.01)

    def alive(self) -> bool:
        """Return whether the postmaster runs."""
        return self._process is not None and self._process.poll() is None

    def stop(self) -> None:
        """Stop the server fast; SIGTERM would wait for every client to leave."""
        if self._process is not None:
            end_group(self._process, signal.SIGINT, _FAST_STOP_S)
        end_all(self.data)

    def remove(self) -> None:
        """Delete the cluster and whatever else lies in its folder."""
        _remove(self.root)

    def _configure(self) -> None:
        settings = server_settings(self.binaries.major, sockets=self.root, log=self.log)
        with (self.data / "postgresql.conf").open("a", encoding="utf-8") as conf:
            conf.write(f"\n# perfkit lab\n{settings}")

    def _popen(self, tool: str, arguments: list[str], output: BinaryIO) -> subprocess.Popen[bytes]:
        # SIGQUIT ends postgres at once and its children with it; nobody is left to tidy up.
        signum = signal.SIGQUIT if tool == "postgres" else signal.SIGKILL
        environment = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
        return subprocess.Popen(
            [*self._identity.prefix, str(self.binaries.bin / tool), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd="/",
            env={**environment, "LC_ALL": "C", "TZ": "UTC"},
            start_new_session=True,
            preexec_fn=die_with_us(signum),  # noqa: PLW1509 - the supervisor has one thread
            **self._identity.account,
        )

    def _ready(self) -> bool:
        """Return whether the eighth line of postmaster.pid says so, as pg_ctl reads it."""
        try:
            lines = (self.data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        except OSError:
            return False
        return len(lines) > 7 and lines[7].strip() == "ready"  # noqa: PLR2004 - see above

    def _start_failure(self, output: Path) -> LabError:
        reason = _last_line(self.log / "postgresql.log") or _last_line(output)
        lacking = _NO_CONTRIB in reason
        hint = "apt install postgresql-contrib, or pip install 'perfkit[lab]'" if lacking else ""
        return LabError(
            f"perfkit lab: the server did not start: {reason}", hint=hint or _room(self.root)
        )


def choose_root(home: Home, identity: Identity) -> Path:
    """Return a new name for the cluster's folder, recorded before the folder exists.

    It lies in ``home`` unless that is on the small run-time file system or the
    server's user, being another one, could not reach it there.
    """
    outside = home.volatile or identity.uid is not None
    parent = Path(tempfile.gettempdir()).resolve() if outside else home.path
    root = parent / f"{CLUSTER_PREFIX}{secrets.token_hex(4)}"
    home.remember(root=str(root), pid=os.getpid())
    return root


def recover(home: Home) -> bool:
    """End and delete what a killed supervisor left in ``home``; whether there was any.

    Only with the lock of ``home`` in hand: its supervisor is then known to be dead.
    """
    root = Path(str(home.recall().get("root", "")))
    if not root.name.startswith(CLUSTER_PREFIX) or root.is_symlink() or not root.is_dir():
        return False
    end_all(root / "data")
    _remove(root)
    return True


def _remove(root: Path) -> None:
    """Delete ``root``; files that come and go meanwhile cost another round."""
    for _ in range(5):
        shutil.rmtree(root, ignore_errors=True)
        if not root.exists():
            return
        time.sleep(0.1)


def _last_line(path: Path) -> str:
    """Return the line that says most: a full disk, else the last error, else the last."""
    lines: list[str] = []
    with contextlib.suppress(OSError):
        lines = path.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    for sign in _TELLING:
        telling = [line for line in lines if sign.search(line)]
        if telling:
            return telling[-1].strip()
    return lines[-1].strip() if lines else ""


def _room(root: Path) -> str:
    """Return the hint for a failure that a full disk may explain."""
    with contextlib.suppress(OSError):
        free = shutil.disk_usage(root).free
        if free < 500e6:  # noqa: PLR2004 - the demo data and its WAL take about as much
            return f"only {free / 1e6:.0f} MB are free; export PERFKIT_LAB_HOME=/another/disk/lab"
    return "export PERFKIT_PG_BIN=/path/to/another/postgresql/bin"
