"""``make lab``: JupyterLab on the guided notebooks, with the lab running beside it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from perfkit import lab, shipped
from perfkit.errors import PerfkitError
from perfkit.lab.processes import die_with_us

__all__ = ["main"]


def main(folder: Path) -> int:
    """Copy the notebooks to ``folder``, hold the lab, and run JupyterLab until it ends."""
    shipped.copy_notebooks(folder)
    try:
        with lab.start() as running:
            sys.stdout.write(f"lab: running, shop at {running.url}\n")
            return _jupyter(folder)
    except PerfkitError as error:
        sys.stdout.write(f"{error}\nThe notebooks run on recorded data instead.\n")
        return _jupyter(folder)
    except KeyboardInterrupt:
        return 0


def _jupyter(folder: Path) -> int:
    root = ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    command = [
        *(sys.executable, "-m", "jupyterlab"),
        f"--ServerApp.root_dir={folder.absolute()}",
        "--ServerApp.ip=127.0.0.1",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        "--LabApp.default_url=/lab/tree/00_start_here.ipynb",
        *root,
    ]
    with subprocess.Popen(
        command,
        preexec_fn=die_with_us(signal.SIGTERM),  # noqa: PLW1509 - we have one thread
    ) as process:
        try:
            status = process.wait()
        except KeyboardInterrupt:
            process.terminate()
            return process.wait()
    if status > 0:
        sys.stdout.write(
            f"make lab: JupyterLab ended with status {status}, for the reason it gives above\n"
            "hint: if its port is in use, JUPYTER_PORT=8899 make lab\n"
        )
    return status


if __name__ == "__main__":
    sys.exit(main(Path("build/lab")))
