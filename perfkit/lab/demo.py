"""``make demo``: the main job from end to end, on a real API and a real PostgreSQL."""

from __future__ import annotations

import shutil
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import perfkit
from perfkit import lab, share, shipped
from perfkit.errors import PerfkitError
from perfkit.files import write_whole

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from perfkit.recording import Recording
    from perfkit.results import Result

__all__ = ["demo"]

#: What the launch plants and the demo must find: rule of the finding by fault.
PLANTED = {
    "n_plus_one": "n-plus-one",
    "missing_index": "slow-seq-scan",
    "pool_starvation": "connection-held-idle",
    "blocking_call": "blocked-event-loop",
}


def demo(output: Path, *, scale: float = 1.0) -> int:
    """Run the demo and write ``report.html`` and the executed notebooks into ``output``.

    Returns:
        0, or 1 when a planted fault was not found.

    Raises:
        LabError: the lab cannot run here, or a notebook failed.
    """
    output.mkdir(parents=True, exist_ok=True)
    with _step("start the lab: PostgreSQL, a shop, its data"):
        running = lab.start(scale=scale)
    with running:
        with _step("record a launch that goes wrong"):
            shutil.rmtree(output / "recording", ignore_errors=True)  # of an earlier demo
            story = running.record(output / "recording")
        with _step("load what the shop and the database wrote"):
            files = [*story.directory.glob("*.jsonl"), *story.directory.glob("*.log")]
            rec = perfkit.load(*sorted(files)).mark(story.launched_at, "launch")
            rec.save(output / "launch.perfkit")
        with _step("diagnose"):
            diagnosis = perfkit.diagnose(rec)
        with _step("audit the indexes, proving each proposal"):
            running.set_faults(all=False, missing_index=True)
            audit = perfkit.index_audit(running.engine, prove=True)
            running.set_faults(all=False)
        with _step("execute the guided notebooks"):
            _notebooks(output)
    share.report(
        _results(rec, diagnosis, audit),
        output / "report.html",
        title="The shop got slow after a launch",
    )
    _say(f"\n{rec!r}\n\n{diagnosis.to_text()}\n")
    missing = [fault for fault, rule in PLANTED.items() if not _found(diagnosis, rule)]
    for fault in missing:
        _say(f"NOT FOUND: {fault}")
    _say(f"report: {output / 'report.html'}\nnotebooks: {output / 'notebooks'}")
    return int(bool(missing))


def _results(rec: Recording, diagnosis: Result, audit: Result) -> list[Result]:
    analyses = (
        perfkit.baseline,
        perfkit.n_plus_one,
        perfkit.sequential_scans,
        perfkit.pool,
        perfkit.event_loop,
        perfkit.digest,
    )
    return [diagnosis, *(analysis(rec) for analysis in analyses), audit]


def _notebooks(output: Path) -> None:
    import nbformat

    from perfkit.lab.notebooks import execute, with_parameters

    target = output / "notebooks"
    target.mkdir(exist_ok=True)
    data = [str((output / "launch.perfkit").absolute())]
    for path in sorted(shipped.folder("notebooks").glob("*.ipynb")):
        notebook = with_parameters(nbformat.read(path, as_version=4), {"data": data})
        write_whole(target / path.name, nbformat.writes(execute(notebook, target)) + "\n")


def _found(diagnosis: Result, rule: str) -> bool:
    return any(finding.rule == rule for finding in diagnosis.findings)


@contextmanager
def _step(what: str) -> Iterator[None]:
    """Say what is being done, and how long it took."""
    sys.stdout.write(f"{what} ... ")
    sys.stdout.flush()
    started = time.monotonic()
    try:
        yield
    except (PerfkitError, KeyboardInterrupt):
        _say("failed")
        raise
    _say(f"{time.monotonic() - started:.1f} s")


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
