"""How fast ``perfkit.load`` reads traces beside what one would otherwise write.

    python benchmarks/traces.py [--folder build/traces] [--megabytes 500] [--rounds 3]

Whole processes in turn, so that drift of the machine meets all alike; medians are compared. What
importing takes is measured by itself and subtracted, perfkit's worker processes included in what
it takes. perfkit fills requests and queries, fingerprints and self times as well; the others make
16 columns (:mod:`traces_peers`). The parent's id is one of them: Chrome's events do not have it, so
the loop beside perfkit finds it with a stack per process and thread, and nothing else (no self
time). What must hold:

=================================  ==========================================================
OTLP JSON lines, 500 MB            4 times less CPU than json.loads and a loop
the same, a tenth                  12 times less than pandas.json_normalize (rate by rate)
Jaeger, one document               2.5 times less than json and a loop
Chrome trace events, one document  3 times less than json and a loop
memory of all processes            700 MB for the 500 MB of OTLP, every span kept
two workers                        1.6 times the speed of one, by the clock
=================================  ==========================================================
"""

from __future__ import annotations

import argparse
import statistics
import sys
from pathlib import Path

import traces_written
from measured import Took, measured

Times = list[Took]
PEERS = Path(__file__).with_name("traces_peers.py")
LOAD = """
import perfkit, sys
import pyarrow.compute
from perfkit.formats.registry import formats
formats()
if len(sys.argv) > 1:
    print(perfkit.load(sys.argv[1]).arrow("spans", ["line"]).num_rows)
"""
ONE = "import os; os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])\n"


def perfkit(*files: Path, alone: bool = False) -> list[str | Path]:
    """Return the command that loads ``files``; ``alone``: with one processor, so one process."""
    return [sys.executable, "-c", (ONE if alone else "") + LOAD, *files]


def peer(how: str, *files: Path) -> list[str | Path]:
    """Return the command of one of the others."""
    return [sys.executable, PEERS, how, *(files or [Path()])]


def median(times: Times, name: str) -> float:
    """Return the median of one figure."""
    return statistics.median(getattr(one, name) for one in times)


class Compared:
    """Commands run in turn, what importing takes subtracted."""

    def __init__(self, rounds: int) -> None:
        """Measure the imports."""
        self._rounds = rounds
        self._imports = {
            "perfkit": median([measured(perfkit()) for _ in range(3)], "cpu"),
            "peer": median([measured(peer("nothing")) for _ in range(3)], "cpu"),
        }

    def beside(self, file: Path, how: str, other: Path, least: float) -> Times:
        """Compare perfkit on ``file`` with a peer on ``other``, rate by rate."""
        mine, theirs = [], []
        for _ in range(self._rounds):
            mine.append(measured(perfkit(file)))
            theirs.append(measured(peer(how, other)))
        rates = [
            self._said(title, path, times, kind)
            for title, path, times, kind in (
                ("perfkit.load", file, mine, "perfkit"),
                (how, other, theirs, "peer"),
            )
        ]
        verdict(f"{how}, CPU", rates[0] / rates[1], least)
        return mine

    def _said(self, title: str, file: Path, times: Times, kind: str) -> float:
        """Print a line; return megabytes per second of CPU."""
        size = file.stat().st_size / 1e6
        rate = size / (median(times, "cpu") - self._imports[kind])
        memory, worker = (max(getattr(one, n) for one in times) / 1e6 for n in ("total", "worker"))
        print(
            f"{title:16} {file.name:14} {size:6,.0f} MB  {median(times, 'wall'):7.2f} s"
            f"  {median(times, 'cpu'):7.2f} CPU s  {rate:6.1f} MB per CPU s"
            f"  {memory:6,.0f} MB in all, {worker:5,.0f} MB a worker",
            flush=True,
        )
        return rate


def verdict(what: str, ratio: float, least: float) -> None:
    """Print a ratio beside what it must be."""
    print(f"    -> {what}: {ratio:.2f} times (at least {least:g})\n", flush=True)


def written(folder: Path, kind: str, megabytes: float) -> Path:
    """Return a file of traces, written once."""
    file = folder / f"{megabytes:g}-{traces_written.KINDS[kind]}"
    return file if file.exists() else traces_written.write(kind, file, megabytes)


def main() -> None:
    """Run all comparisons."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, default=Path("build/traces"))
    parser.add_argument("--megabytes", type=float, default=500)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    whole = options.megabytes
    otlp = written(options.folder, "otlp", whole)
    compared = Compared(options.rounds)
    times = compared.beside(otlp, "otlp-json", otlp, 4)
    print(f"    -> {max(one.total for one in times) / 1e6:,.0f} MB in all (at most 700)\n")
    compared.beside(otlp, "otlp-normalize", written(options.folder, "otlp", whole / 10), 12)
    for kind, least in (("jaeger", 2.5), ("chrome", 3.0)):
        document = written(options.folder, kind, whole * 0.6)
        compared.beside(document, f"{kind}-json", document, least)
    alone = median([measured(perfkit(otlp, alone=True)) for _ in range(options.rounds)], "wall")
    verdict("two workers, by the clock", alone / median(times, "wall"), 1.6)


if __name__ == "__main__":
    main()
