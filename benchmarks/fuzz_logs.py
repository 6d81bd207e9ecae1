"""Load files that were damaged at random, until something breaks that must not.

    python benchmarks/fuzz_logs.py --files 100000 --seed 1 --workers 2 [--folder build/fuzz]

File ``n`` of a seed is always the same: a small file of the corpus, damaged in one to four ways.
Recognition, parsing and mending run in the process; every twentieth file is digested, every fifth
is read again in small pieces, which must give as many rows. Reported are exceptions other than
one sentence with a hint, counts that do not add up, and files that take more than two seconds of
CPU time; the input of each is kept in the folder, and the exit status is 1.
"""

from __future__ import annotations

import argparse
import faulthandler
import random
import re
import signal
import sys
import time
import traceback
import warnings
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from corpus import samples
from judged import Judged, judged, unequal_in_pieces
from mutations import mutated

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Outcome", "file", "fuzzed", "tried"]

#: CPU seconds a small file may take, and seconds after which the process is given up.
STALL_S, HANG_S = 2.0, 60.0
_DIGESTED, _CUT = 20, 5
_BATCH = 250


class Stalled(BaseException):
    """A file takes too long; nothing may catch this on the way."""


@dataclass(frozen=True, kw_only=True)
class Problem:
    """What is wrong with file ``number``; ``kind`` is the same for the same cause."""

    number: int
    sample: str
    kind: str
    text: str


@dataclass(kw_only=True)
class Outcome:
    """What became of some files, by format: loaded, refused in a sentence, wrong."""

    loaded: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    problems: list[Problem] = field(default_factory=list)
    slowest_s: float = 0.0

    def add(self, other: Outcome) -> None:
        """Take what another process found."""
        self.loaded += other.loaded
        self.refused += other.refused
        self.problems += other.problems
        self.slowest_s = max(self.slowest_s, other.slowest_s)


def file(seed: int, number: int) -> tuple[str, str, bytes]:
    """Return one file: the format and the name of what it was, and its damaged bytes."""
    corpus = samples()
    chance = random.Random(f"{seed}/{number}")
    one = corpus[number % len(corpus)]
    return one.format, one.name, mutated(one.data, [other.data for other in corpus], chance)


def fuzzed(seed: int, numbers: range, folder: Path | None = None) -> Outcome:
    """Load these files; inputs with problems are kept in ``folder``."""
    outcome = Outcome()
    for number in numbers:
        name, sample, data = file(seed, number)
        began = time.process_time()
        found, wrong = tried(data, number)
        outcome.slowest_s = max(outcome.slowest_s, time.process_time() - began)
        counted = outcome.loaded if found.recording is not None else outcome.refused
        counted[name] += 1
        for text in wrong:
            kind = re.sub(r"[0-9]+", "N", text)[:160]
            outcome.problems.append(Problem(number=number, sample=sample, kind=kind, text=text))
        if wrong and folder is not None:
            (folder / f"{seed}-{number}.log").write_bytes(data)
    return outcome


def tried(data: bytes, number: int = 0) -> tuple[Judged, list[str]]:
    """Load one file; return what became of it, and all that is wrong."""
    found = Judged()
    try:
        with _limited(), warnings.catch_warnings():
            warnings.simplefilter("error")
            found = judged(data, digest=number % _DIGESTED == 0)
            return found, [*found.wrong, *_in_pieces(found, data, number)]
    except Stalled:
        return found, [f"takes more than {STALL_S} s of CPU time: {_place()}"]
    except Exception as error:  # noqa: BLE001 - to find these is what this is for
        return found, [f"{type(error).__name__}: {str(error)[:120]} ({_place()})"]


def _in_pieces(found: Judged, data: bytes, number: int) -> list[str]:
    if number % _CUT or found.recording is None or len(found.recording.inputs) != 1:
        return []
    (source,) = found.recording.inputs
    if ", in " in source.reason:  # what is in an envelope is not what the file holds
        return []
    return unequal_in_pieces(data, source.format, (1, 200, 700)[number // _CUT % 3])


def _place() -> str:
    """Return where in perfkit the exception that is handled was raised."""
    error = sys.exc_info()[1]
    frames = traceback.extract_tb(error.__traceback__) if error is not None else []
    ours = [frame for frame in frames if "perfkit" in Path(frame.filename).parts]
    frame = (ours or frames)[-1]
    parts = Path(frame.filename).parts
    begin = len(parts) - parts[::-1].index("perfkit") if "perfkit" in parts else -1
    return f"{'/'.join(parts[begin:])}:{frame.lineno} in {frame.name}"


@contextmanager
def _limited() -> Iterator[None]:
    """Stop what takes too much CPU time; a machine that is busy otherwise does not matter."""

    def stop(*_: Any) -> None:
        raise Stalled

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, STALL_S)
    faulthandler.dump_traceback_later(HANG_S, exit=True)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        faulthandler.cancel_dump_traceback_later()
        signal.signal(signal.SIGPROF, before)


def _batch(seed: int, numbers: range, folder: Path) -> Outcome:
    pa.set_cpu_count(1)
    return fuzzed(seed, numbers, folder)


def _all(seed: int, files: range, workers: int, folder: Path) -> Outcome:
    batches = [files[at : at + _BATCH] for at in range(0, len(files), _BATCH)]
    total, done = Outcome(), 0
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        waiting = [(batch, pool.submit(_batch, seed, batch, folder)) for batch in batches]
        for batch, future in waiting:
            try:
                total.add(future.result())
            except BrokenProcessPool:
                text = f"the process died in or near files {batch.start} to {batch.stop}"
                total.problems.append(
                    Problem(number=batch.start, sample="?", kind="died", text=text)
                )
                break
            done += len(batch)
            print(f"\r{done:,} files, {len(total.problems)} problems", end="", flush=True)
    print()
    return total


def _report(total: Outcome, seconds: float) -> None:
    files = total.loaded.total() + total.refused.total()
    print(
        f"{files:,} files in {seconds:,.0f} s: {files / seconds:,.1f} a second;"
        f" the slowest took {total.slowest_s:.2f} s of CPU time"
    )
    print(f"{'format':22} {'loaded':>8} {'refused':>8}")
    for name in sorted({*total.loaded, *total.refused}):
        print(f"{name:22} {total.loaded[name]:8,} {total.refused[name]:8,}")
    kinds = Counter(problem.kind for problem in total.problems)
    print(f"{len(total.problems):,} problems of {len(kinds)} kinds")
    for kind, count in kinds.most_common():
        first = next(problem for problem in total.problems if problem.kind == kind)
        print(f"{count:6,}  file {first.number} ({first.sample}): {first.text}")


def main() -> int:
    """Run as many files as asked for."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--files", type=int, default=100_000)
    parser.add_argument("--first", type=int, default=0, help="number of the first file")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--folder", type=Path, default=Path("build/fuzz"))
    asked = parser.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    files = range(asked.first, asked.first + asked.files)
    total = _all(asked.seed, files, asked.workers, asked.folder)
    _report(total, time.monotonic() - began)
    return 1 if total.problems else 0


if __name__ == "__main__":
    sys.exit(main())
