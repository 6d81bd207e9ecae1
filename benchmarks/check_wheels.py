"""Check that every locked package has a wheel for each supported Python: make check-wheels."""

from __future__ import annotations

import subprocess
import sys
import tempfile

PYTHONS = ("3.12", "3.13", "3.14")


def missing(lock: str, python: str) -> str:
    """Return pip's complaint, or "" when all wheels exist for this Python on this platform."""
    with tempfile.TemporaryDirectory() as target:
        done = subprocess.run(
            [
                *(sys.executable, "-m", "pip", "install", "--dry-run", "--no-deps", "--quiet"),
                *("--disable-pip-version-check", "--ignore-installed", "--target", target),
                *("--only-binary=:all:", "--python-version", python),
                *("--require-hashes", "-r", lock),
            ],
            capture_output=True,
            text=True,
            check=False,
        )
    return done.stderr.strip() if done.returncode else ""


def main(lock: str) -> int:
    """Print a line per Python and return 1 when a wheel is missing."""
    complaints = {python: missing(lock, python) for python in PYTHONS}
    for python, complaint in complaints.items():
        print(f"Python {python}: {complaint or 'every wheel exists'}")
    return int(any(complaints.values()))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
