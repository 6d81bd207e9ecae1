"""A MariaDB server of our own for tests and benchmarks: a folder, a socket, no network."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["Server", "missing", "running"]

#: What must be installed.
_PROGRAMS = ("mariadbd", "mariadb-install-db", "mariadb")
_WAIT_S = 30.0


class Server:
    """A server that runs in ``folder``; it logs every statement to ``slow_log``."""

    def __init__(self, folder: Path) -> None:
        """Keep the folder."""
        self.folder = folder

    @property
    def socket(self) -> Path:
        """The socket that clients connect to, as root without a password."""
        return self.folder / "s"

    @property
    def slow_log(self) -> Path:
        """The slow query log."""
        return self.folder / "slow.log"

    @property
    def general_log(self) -> Path:
        """The general query log."""
        return self.folder / "general.log"

    def sql(self, text: str, *options: str) -> str:
        """Run statements with the command-line client, also behind failing ones."""
        command = ["mariadb", "--no-defaults", "-S", str(self.socket), "-uroot", "--force"]
        done = subprocess.run(
            [*command, *options],
            input=text.encode(),
            capture_output=True,
            check=False,
            timeout=_WAIT_S,
        )
        return done.stdout.decode("utf-8", "replace")


def missing() -> list[str]:
    """Return the programs that are not installed."""
    return [name for name in _PROGRAMS if shutil.which(name) is None]


@contextmanager
def running(folder: Path, *options: str) -> Iterator[Server]:
    """Start a server in an empty ``folder`` with further options; kill it in the end.

    Raises:
        RuntimeError: it does not start, with the end of its error log.
    """
    user = ["--user=root"] if os.geteuid() == 0 else []
    data, errors, server = folder / "data", folder / "errors.log", Server(folder)
    install = ["mariadb-install-db", "--no-defaults", f"--datadir={data}", "--skip-test-db", *user]
    install.append("--auth-root-authentication-method=normal")
    subprocess.run(install, check=True, capture_output=True, timeout=_WAIT_S)
    command = [
        *("mariadbd", "--no-defaults", f"--datadir={data}", f"--socket={server.socket}", *user),
        *("--skip-networking", f"--pid-file={folder / 'pid'}", f"--log-error={errors}"),
        *("--slow-query-log=1", f"--slow-query-log-file={server.slow_log}", "--long-query-time=0"),
        *(f"--general-log-file={server.general_log}", "--innodb-buffer-pool-size=16M", *options),
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait(server, process, errors)
        yield server
    finally:
        process.kill()
        process.wait(_WAIT_S)


def _wait(server: Server, process: subprocess.Popen[bytes], errors: Path) -> None:
    end = time.monotonic() + _WAIT_S
    while time.monotonic() < end and process.poll() is None:
        if server.socket.exists() and server.sql("select 17", "-N").strip() == "17":
            return
        time.sleep(0.05)
    tail = errors.read_text(errors="replace")[-500:] if errors.exists() else ""
    raise RuntimeError(f"mariadbd does not start: {tail}")
