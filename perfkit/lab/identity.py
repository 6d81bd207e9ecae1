"""Under which user the server runs: PostgreSQL refuses to run as root.

As root the first choice is a user namespace in which root is called 1000: files
stay root's and nothing on the machine changes. Where namespaces are forbidden the
server runs as ``postgres`` or ``nobody``, in a folder of its own given to that user.
No account is ever added and no permission outside that folder ever changed.
"""

from __future__ import annotations

import os
import pwd
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypedDict

from perfkit.errors import LabError

if TYPE_CHECKING:
    from pathlib import Path

    from perfkit.lab.binaries import Binaries

__all__ = ["Identity", "choose"]

_UNSHARE = ("unshare", "--user", "--map-user=1000", "--map-group=1000")
_ACCOUNTS = ("postgres", "nobody")


class _Account(TypedDict, total=False):
    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True)
class Identity:
    """How to start a program as the server's user.

    ``prefix`` goes before the command; ``uid`` and ``gid`` are those of another
    account, None when the program runs as the user we are.
    """

    prefix: tuple[str, ...] = ()
    uid: int | None = None
    gid: int | None = None

    @property
    def account(self) -> _Account:
        """Return the keywords for :class:`subprocess.Popen`."""
        if self.uid is None or self.gid is None:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def own(self, folder: Path) -> None:
        """Give ``folder``, one of our own, to the server's user."""
        if self.uid is not None and self.gid is not None:
            os.chown(folder, self.uid, self.gid)

    def can_run(self, binaries: Binaries) -> bool:
        """Return whether ``postgres`` starts under this identity."""
        command = [*self.prefix, str(binaries.bin / "postgres"), "--version"]
        try:
            done = subprocess.run(
                command, capture_output=True, cwd="/", timeout=20, check=False, **self.account
            )
        except (OSError, subprocess.SubprocessError):
            return False
        return done.returncode == 0


def choose(binaries: Binaries) -> Identity:
    """Return the identity under which ``binaries`` run.

    Raises:
        LabError: we are root, and neither a user namespace nor another account works.
    """
    if os.geteuid() != 0:
        return Identity()
    for identity in (Identity(_UNSHARE), *_accounts()):
        if identity.can_run(binaries):
            return identity
    raise LabError(
        f"perfkit lab: PostgreSQL refuses to run as root, user namespaces are not allowed here, "
        f"and neither postgres nor nobody may run {binaries.bin}/postgres",
        hint="start Jupyter as an ordinary user",
    )


def _accounts() -> list[Identity]:
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    return [
        Identity(uid=known[name].pw_uid, gid=known[name].pw_gid)
        for name in _ACCOUNTS
        if name in known
    ]
