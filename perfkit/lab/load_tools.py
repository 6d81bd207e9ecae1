"""Let load tools measure the shop: wrk at growing concurrency, locust with a mix of routes.

``GET /report`` is measured twice by wrk: as it should be (threads draw it) and with the fault
``blocking_call``, where more connections bring no more answers, however many there are. The tools
are real programs found on the PATH; the shop's own log measures beside them.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from perfkit.errors import LabError
from perfkit.lab.drive import Load, drive
from perfkit.lab.recordings import STORY, WARM_UP, alone, faults_kept, own_folder
from perfkit.lab.releases import medians
from perfkit.lab.slices import Slice

if TYPE_CHECKING:
    from collections.abc import Callable

    from perfkit.lab.lab import Lab

__all__ = ["record_load_tests"]

CONNECTIONS = (1, 2, 4, 8)
SHOP_LOG = "requests.jsonl"
LOCUST_USERS = 8
LOCUSTFILE = """
import random
from locust import HttpUser, constant, task

class Customer(HttpUser):
    wait_time = constant(0.1)

    @task(4)
    def user(self):
        self.client.get(f"/users/{random.randint(1, 20000)}", name="/users/{user_id}")

    @task(2)
    def orders(self):
        self.client.get(f"/orders?cursor={random.randint(3000, 500000)}", name="/orders")

    @task(1)
    def dashboard(self):
        self.client.get("/dashboard")

    @task(1)
    def gone(self):
        self.client.get("/basket")
"""
#: What locust writes; the exceptions are those of its own code: none here.
LOCUST_FILES = ("locust_stats.csv", "locust_stats_history.csv", "locust_failures.csv")
PLANTED = {
    "wrk_threads.txt": "GET /report: drawn by threads, 80 ms each",
    "wrk_blocking.txt": "the same, drawn inside the event loop: about 12 a second at most",
    "locust_*.csv": "a mix of three routes, and one that is not there: status 404",
}


def record_load_tests(lab: Lab, directory: Path, *, seconds: float = 8.0) -> dict[str, Any]:
    """Measure the shop on ``lab`` with wrk and locust; write what they print into ``directory``.

    Args:
        lab: the lab; nobody else should use it meanwhile.
        directory: made if needed; an earlier recording in it is replaced.
        seconds: the length of each run of wrk; locust takes twice as long.

    Returns:
        The story, as ``story.json`` has it.

    Raises:
        UsageError: the folder holds something else.
        LabError: a tool is not installed or fails, or another recording is being made.
    """
    target = own_folder(directory)
    wrk, locust = _program("wrk"), _program("locust")
    with alone(lab), faults_kept(lab):
        lab.set_faults(all=False)
        drive(lab.url, Load(requests=WARM_UP, concurrency=8))
        measured = {
            "wrk_threads.txt": _seen(
                lab, lambda: _wrk(wrk, lab, target / "wrk_threads.txt", seconds)
            )
        }
        lab.set_faults(blocking_call=True)
        measured["wrk_blocking.txt"] = _seen(
            lab, lambda: _wrk(wrk, lab, target / "wrk_blocking.txt", seconds)
        )
        lab.set_faults(blocking_call=False)
        measured["locust_*.csv"] = _seen(lab, lambda: _locust(locust, lab, target, 2 * seconds))
    story = {
        "schema": "perfkit.load-tests/1",
        "marks": [],
        "planted": PLANTED,
        "median_ms_in_the_shop": measured,
    }
    (target / STORY).write_text(json.dumps(story, indent=2) + "\n", encoding="utf-8")
    return story


def _seen(lab: Lab, measure: Callable[[], None]) -> dict[str, float]:
    """Run ``measure``; return the medians by the shop's own clock meanwhile."""
    lab.flush()
    log = Slice.from_now(lab.recordings / SHOP_LOG)
    measure()
    lab.flush()
    return medians([log])


def _wrk(program: str, lab: Lab, target: Path, seconds: float) -> None:
    """Write what wrk prints at each number of connections."""
    lasts = f"{max(1, round(seconds))}s"
    runs = [
        _run([program, "-t1", f"-c{count}", f"-d{lasts}", "--latency", f"{lab.url}/report"])
        for count in CONNECTIONS
    ]
    target.write_text("\n".join(runs), encoding="utf-8")


def _locust(program: str, lab: Lab, target: Path, seconds: float) -> None:
    with tempfile.TemporaryDirectory(prefix="perfkit-locust-") as name:
        folder = Path(name)
        (folder / "locustfile.py").write_text(LOCUSTFILE, encoding="utf-8")
        command = [program, "--headless", "--host", lab.url, "--csv", "locust", "--only-summary"]
        size = ["-u", str(LOCUST_USERS), "-r", "4", "-t", f"{max(1, round(seconds))}s"]
        # its exit status 1 says that some requests failed: they should
        _run([*command, *size, "--exit-code-on-error", "0"], folder)
        for file in LOCUST_FILES:
            shutil.copyfile(folder / file, target / file)


def _run(command: list[str], folder: Path | None = None) -> str:
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False, timeout=300
    )
    if done.returncode:
        raise LabError(f"lab: {Path(command[0]).name} fails: {done.stderr.strip()[-200:]}")
    return done.stdout


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise LabError(f"lab: {name} is not installed", hint=f"put {name} on the PATH")
    return found
