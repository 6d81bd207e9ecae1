"""Record two releases of the shop, several runs each, that differ by known amounts.

Runs alternate (old, new; new, old; ...): what the machine does meanwhile slows both alike. A run
before the first is not recorded. One folder a run, ``before_1`` to ``after_5``, with the shop's
``requests.jsonl``; ``story.json`` says what was planted and what the shop's own clock measured.
"""

from __future__ import annotations

import json
import shutil
from collections import defaultdict
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from statistics import median
from typing import TYPE_CHECKING, Any

from perfkit.lab.drive import Load, drive
from perfkit.lab.recordings import CUSTOMERS, STORY, alone, own_folder
from perfkit.lab.slices import Slice

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from perfkit.lab.lab import Lab

__all__ = ["AFTER", "BEFORE", "Release", "medians", "record_releases", "work_kept"]

REQUESTS_FILE = "requests.jsonl"
#: Work of real code varies: two thirds of the drawings lie within a fifth of their median.
SPREAD = 0.2


@dataclass(frozen=True, slots=True)
class Release:
    """One release: how long the shop's work takes, and which routes customers ask for."""

    name: str
    work: Mapping[str, float]
    routes: Mapping[str, float]


BEFORE = Release(
    "before",
    {"render_ms": 80.0, "fraud_check_ms": 0.0, "spread": SPREAD},
    {
        "GET /orders": 1.0,
        "GET /orders/search": 1.0,
        "POST /checkout": 1.0,
        "GET /report": 1.0,
        "GET /dashboard": 1.0,
        "GET /export": 0.5,
        "GET /users/{user_id}": 1.0,
    },
)
#: Checkout gains a step of a quarter of its time, the report loses a quarter of its own; and
#: customers look more than they buy, so that the mean of all requests falls.
AFTER = Release(
    "after",
    {"render_ms": 60.0, "fraud_check_ms": 36.0, "spread": SPREAD},
    {
        **BEFORE.routes,
        "GET /orders/search": 2.0,
        "GET /users/{user_id}": 2.0,
        "GET /dashboard": 0.6,
    },
)


def record_releases(
    lab: Lab, directory: Path, *, runs: int = 5, requests: int = 400, seconds: float = 12.0
) -> dict[str, Any]:
    """Run both releases ``runs`` times on ``lab``; write the files into ``directory``.

    The shop's work is as it was before when this returns.

    Args:
        lab: the lab; nobody else should use it meanwhile.
        directory: made if needed; an earlier recording in it is replaced.
        runs: of each release; from three on they are the unit of a comparison.
        requests: per run, all routes together.
        seconds: the length of a run.

    Returns:
        The story, as ``story.json`` has it.

    Raises:
        UsageError: the folder holds something else.
        LabError: another recording is being made.
    """
    target = own_folder(directory)

    def load(routes: Mapping[str, float], seed: int) -> Load:
        rate = requests / seconds
        return Load(routes=routes, requests=requests, rate=rate, concurrency=CUSTOMERS, seed=seed)

    with ExitStack() as stack:
        stack.enter_context(alone(lab))
        stack.enter_context(work_kept(lab))
        lab.set_faults(all=False)
        drive(lab.url, load(BEFORE.routes, 0))  # not recorded: the first run of all is slower
        told = [
            _run(lab, target / f"{release.name}_{number}", release, load(release.routes, number))
            for number in range(1, runs + 1)
            for release in _order(number)
        ]
    story = _story(told, target)
    (target / STORY).write_text(json.dumps(story, indent=2) + "\n", encoding="utf-8")
    return story


def _order(number: int) -> tuple[Release, Release]:
    """Return who goes first in this pair of runs: a drift of the machine favours neither."""
    return (BEFORE, AFTER) if number % 2 else (AFTER, BEFORE)


def _run(lab: Lab, folder: Path, release: Release, load: Load) -> dict[str, Any]:
    """Record one run into ``folder``; return its part of the story."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    lab.set_work(**release.work)
    lab.flush()
    log = Slice.from_now(lab.recordings / REQUESTS_FILE)
    started_at = datetime.now(UTC)
    sent = drive(lab.url, load)
    ended_at = datetime.now(UTC)
    lab.flush()
    log.copy(folder / REQUESTS_FILE)
    return {
        "name": folder.name,
        "started_at": started_at.isoformat(timespec="microseconds"),
        "ended_at": ended_at.isoformat(timespec="microseconds"),
        "requests": sent.requests,
        "failures": sent.failures,
    }


def _story(told: list[dict[str, Any]], target: Path) -> dict[str, Any]:
    releases = {
        release.name: {
            **asdict(release),
            "median_ms": medians(
                Slice(log, 0) for log in target.glob(f"{release.name}_*/{REQUESTS_FILE}")
            ),
        }
        for release in (BEFORE, AFTER)
    }
    return {
        "schema": "perfkit.releases/1",
        "marks": [{"at": run["started_at"], "label": run["name"]} for run in told],
        "runs": told,
        "releases": releases,
        "planted": {
            "slower": {"/checkout": "a fraud check of 36 ms before the charge"},
            "faster": {"/report": "drawn in 60 instead of 80 ms"},
            "mix": "twice the searches and customers' pages, fewer dashboards",
        },
    }


def medians(logs: Iterable[Slice]) -> dict[str, float]:
    """Return the median duration of each route by the shop's own clock, in milliseconds."""
    durations: dict[str, list[float]] = defaultdict(list)
    for log in logs:
        for line in log.read().splitlines():
            row = json.loads(line)
            if row["event"] == "request_finished" and row["route"]:
                durations[row["route"]].append(row["duration_ms"])
    return {route: round(median(values), 3) for route, values in sorted(durations.items())}


@contextmanager
def work_kept(lab: Lab) -> Iterator[None]:
    """Set the shop's work back to what it was, also after an error."""
    values = lab.work
    try:
        yield
    finally:
        lab.set_work(**values)
