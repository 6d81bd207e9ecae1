"""Record the story of a launch: calm before, faults after, with the files a team would have.

A recording is a folder with ``requests.jsonl``, ``traces.jsonl``, ``pool.jsonl``,
``postgresql.log``, ``jsonlog/postgresql.json`` and ``story.json`` (when each phase
began and ended, and which faults were on).
"""

from __future__ import annotations

import json
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from perfkit.errors import LabError, UsageError
from perfkit.lab.drive import DriveSummary, Load, drive
from perfkit.lab.shop.faults import FAULTS, chosen
from perfkit.lab.shop.seed import DATABASE
from perfkit.lab.shop.traffic import ROUTES
from perfkit.lab.slices import Slice, mark_log

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import psycopg

    from perfkit.lab.lab import Lab

__all__ = ["Phase", "Story", "alone", "faults_kept", "own_folder", "record"]

STORY = "story.json"
SHOP_FILES = ("requests.jsonl", "traces.jsonl", "pool.jsonl")
LOG_FILES = ("postgresql.log", "jsonlog/postgresql.json")

CHECKOUT = "POST /checkout"
#: Customers who check out within a quarter of a second: four times the pool.
BURST = 21
BURST_S = 0.25
#: Customers beside those. They wait for their answers: a shop that cannot keep up is asked less
#: often instead of being buried, on a slow machine too.
CUSTOMERS = 10
WARM_UP = 42
#: Nobody exports as often as they look: its 3,000 rows would take the machine from the others.
RARE = {"GET /export": 0.4}


@dataclass(frozen=True, slots=True)
class Phase:
    """A stretch of load: its times (UTC), the faults that were on, what was sent."""

    name: str
    started_at: datetime
    ended_at: datetime
    faults: tuple[str, ...]
    sent: DriveSummary


@dataclass(frozen=True, slots=True)
class Story:
    """What was recorded: two phases and the launch between them (UTC)."""

    directory: Path
    before: Phase
    launched_at: datetime
    after: Phase

    def to_dict(self) -> dict[str, Any]:
        """Return the story as JSON values, without the folder's place."""
        return {
            "schema": "perfkit.story/1",
            "marks": [{"at": _text(self.launched_at), "label": "launch"}],
            "phases": [_phase_dict(phase) for phase in (self.before, self.after)],
            "faults": {name: FAULTS[name] for name in self.after.faults},
        }


def record(
    lab: Lab,
    directory: Path | str,
    *,
    faults: Iterable[str] | None = None,
    requests: int = 76,
    seconds: float = 12.0,
    seed: int = 0,
) -> Story:
    """Run the story on ``lab`` and write its files into ``directory``.

    Every route gets the same load before and after the launch. The faults are
    switched back afterwards.

    Args:
        lab: the lab; nobody else should use it meanwhile.
        directory: made if needed; an earlier recording in it is replaced.
        faults: those that the launch brings; None: all of them, ``[]``: none.
        requests: per route (0.4 of it for exports) and phase; a 95th percentile needs 72.
        seconds: the length of each phase if the shop keeps up; with faults it may not.
        seed: the same seed sends the same requests.

    Raises:
        UsageError: no such fault, or the folder holds something else.
        LabError: another recording is being made.

    Example:
        >>> story = record(lab, "incident", faults=["n_plus_one"])  # doctest: +SKIP
        >>> rec = perfkit.load("incident").mark(story.launched_at, "launch")  # doctest: +SKIP
    """
    bad = chosen(FAULTS if faults is None else faults)
    target = own_folder(Path(directory))
    with ExitStack() as stack:
        stack.enter_context(alone(lab))
        stack.enter_context(faults_kept(lab))
        lab.set_faults(all=False)
        drive(lab.url, Load(requests=WARM_UP, concurrency=8, seed=seed))
        stack.enter_context(_copied(lab, target))
        before = _phase(lab, "before", (), _loads(requests, seconds, seed))
        launched_at = datetime.now(UTC)
        if bad:
            lab.set_faults(**dict.fromkeys(bad, True))
        after = _phase(lab, "after", tuple(sorted(bad)), _loads(requests, seconds, seed + 1))
    story = Story(target, before, launched_at, after)
    (target / STORY).write_text(json.dumps(story.to_dict(), indent=2) + "\n", encoding="utf-8")
    return story


def _phase(lab: Lab, name: str, faults: tuple[str, ...], loads: list[Load]) -> Phase:
    started_at = datetime.now(UTC)
    sent = drive(lab.url, *loads)
    return Phase(name, started_at, datetime.now(UTC), faults, sent)


def _loads(requests: int, seconds: float, seed: int) -> list[Load]:
    """Return a steady stream to every route but checkout, and bursts of checkouts."""
    steady = {route: RARE.get(route, 1.0) for route in ROUTES if route != CHECKOUT}
    total = round(requests * sum(steady.values()))
    stream = Load(
        routes=steady,
        requests=total,
        rate=total / seconds,
        concurrency=CUSTOMERS,
        seconds=300,
        seed=seed,
    )
    count = -(-requests // BURST)
    bursts = [
        Load(
            routes={CHECKOUT: 1.0},
            requests=BURST,
            concurrency=BURST,
            rate=BURST / BURST_S,
            delay_s=(number + 0.5) * seconds / count,
            seed=seed + 100 + number,
        )
        for number in range(count)
    ]
    return [stream, *bursts]


@contextmanager
def _copied(lab: Lab, target: Path) -> Iterator[None]:
    """Copy what the shop and the server write during the block into ``target``."""
    logs = [path for path in (lab.server.log_path, lab.server.jsonlog_path) if path.exists()]
    with _marker(lab) as connection:
        lab.flush()
        shop = [Slice.from_now(lab.recordings / name) for name in SHOP_FILES]
        starts = [end for _, end in mark_log(connection, logs)]
        yield
        lab.flush()
        ends = [begin for begin, _ in mark_log(connection, logs)]
    for piece, name in zip(shop, SHOP_FILES, strict=True):
        piece.copy(target / name)
    for log, name, start, end in zip(logs, LOG_FILES, starts, ends, strict=False):
        (target / name).parent.mkdir(exist_ok=True)
        Slice(log, start).copy(target / name, end)


def _marker(lab: Lab) -> psycopg.Connection:
    """Return a connection whose statements are all logged."""
    import psycopg

    return psycopg.connect(
        lab.server.conninfo(DATABASE),
        autocommit=True,
        application_name="perfkit",
        options="-c log_min_duration_statement=0",
    )


@contextmanager
def faults_kept(lab: Lab) -> Iterator[None]:
    """Switch the faults back to what they were, also after an error."""
    states = lab.faults
    try:
        yield
    finally:
        lab.set_faults(**states)


@contextmanager
def alone(lab: Lab) -> Iterator[None]:
    """Make sure that one recording at a time is made of a lab."""
    import fcntl  # POSIX only, as the lab is

    with (lab.recordings / "recording.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise LabError(
                "lab.record: another notebook is recording", hint="try again in a minute"
            ) from error
        yield


def own_folder(directory: Path) -> Path:
    """Return ``directory``, made if needed; refuse one with other people's files."""
    target = directory.expanduser().absolute()
    if target.exists() and not target.is_dir():
        raise UsageError(f"lab.record: {directory} is a file", hint='lab.record("incident")')
    if target.is_dir() and any(target.iterdir()) and not (target / STORY).exists():
        raise UsageError(
            f"lab.record: {directory} holds other files", hint="name a new or an empty folder"
        )
    target.mkdir(parents=True, exist_ok=True)
    return target


def _phase_dict(phase: Phase) -> dict[str, Any]:
    return {
        "name": phase.name,
        "started_at": _text(phase.started_at),
        "ended_at": _text(phase.ended_at),
        "faults": list(phase.faults),
        "requests": phase.sent.requests,
        "failures": phase.sent.failures,
    }


def _text(moment: datetime) -> str:
    return moment.isoformat(timespec="microseconds")
