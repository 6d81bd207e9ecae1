"""How fast ``perfkit digest`` is beside pgBadger and pt-query-digest, on logs of real servers.

    python benchmarks/logs.py [--folder build/logs] [--large 400] [--small 60] [--rounds 3]

Whole processes, start-up included, in turn, so that drift of the machine meets all alike; the
medians are compared. Debian's packages: pgbadger, percona-toolkit, mariadb-server. The logs are
written once and kept in the folder. What must hold:

=================================  =======================================================
PostgreSQL stderr, 400 MB          40 times the rate of pgbadger -j2 (measured on the small log)
the same, 60 MB, start included    15 times faster than pgbadger -j2 on that very file
csvlog, jsonlog                    30 times less CPU than pgbadger -j1
MariaDB                            20 times faster than pt-query-digest
a small log                        answered in under a second
memory                             400 MB per worker, 1 GB in all for 2 GB of log
Dask, a local cluster of two       within 15 % of our own processes, after its start
=================================  =======================================================
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import sys
import time
from pathlib import Path

import mariadb_log
import postgres_log
from measured import Took, measured

Times = list[Took]

#: Dask lets its workers give memory back after every call unless this is set (docs/logs.md).
TRIM = "distributed.nanny.pre-spawn-environ.MALLOC_TRIM_THRESHOLD_"
TWO_GB = 2_000_000_000


def perfkit(log: Path, output: Path) -> list[str]:
    """Return the command of a whole digest."""
    code = "import sys; from perfkit.cli import main; sys.exit(main())"
    return [sys.executable, "-c", code, "digest", str(log), "--format", "json", "-o", str(output)]


def pgbadger(log: Path, output: Path, kind: str, jobs: int) -> list[str]:
    """Return pgBadger's command for its whole report as JSON."""
    prefix = ("-p", postgres_log.PREFIX)
    options = ("-q", f"-j{jobs}", "-f", kind, *prefix, "-x", "json")
    return ["pgbadger", *options, "-o", str(output), str(log)]


def digest(log: Path) -> list[str]:
    """Return the command of Percona's pt-query-digest."""
    return ["pt-query-digest", "--limit", "100%", "--no-version-check", str(log)]


def median(times: Times, name: str) -> float:
    """Return the median of one figure."""
    return statistics.median(getattr(one, name) for one in times)


def said(title: str, log: Path, times: Times) -> float:
    """Print a line; return megabytes per second."""
    size = log.stat().st_size / 1e6
    walls = sorted(one.wall for one in times)
    rate = size / median(times, "wall")
    memory = max(one.total for one in times) / 1e6
    worker = max(one.worker for one in times) / 1e6
    print(
        f"{title:42} {size:7,.1f} MB  {walls[0]:7.2f} {statistics.median(walls):7.2f}"
        f" {walls[-1]:7.2f} s  {rate:7.2f} MB/s  {median(times, 'cpu'):7.2f} CPU s"
        f"  {memory:6,.0f} MB in all, {worker:5,.0f} MB a worker",
        flush=True,
    )
    return rate


def verdict(what: str, ratio: float, least: float) -> None:
    """Print a ratio beside what it must be."""
    print(f"    -> {what}: {ratio:.1f} times (at least {least:g})\n", flush=True)


def beside(
    title: str, log: Path, ours: list[str], theirs: list[str], rounds: int
) -> tuple[Times, Times]:
    """Run two commands in turn."""
    mine, other = [], []
    for _ in range(rounds):
        mine.append(measured(ours))
        other.append(measured(theirs))
    said(f"perfkit, {title}", log, mine)
    said(f"{theirs[0]}, {title}", log, other)
    return mine, other


def postgres(folder: Path, large: float, small: float, rounds: int) -> None:
    """Compare on PostgreSQL's three formats."""
    output = folder / "out.json"
    logs = folder / "small"
    if not (logs / "pg.log").exists():
        postgres_log.write(logs, small, all_formats=True)
    if not (folder / "large" / "pg.log").exists():
        postgres_log.write(folder / "large", large)
    stderr = logs / "pg.log"
    mine, other = beside(
        "stderr", stderr, perfkit(stderr, output), pgbadger(stderr, output, "stderr", 2), rounds
    )
    verdict("same file", median(other, "wall") / median(mine, "wall"), 15)
    whole = folder / "large" / "pg.log"
    rate = said(
        "perfkit, stderr, large", whole, [measured(perfkit(whole, output)) for _ in range(rounds)]
    )
    theirs = stderr.stat().st_size / 1e6 / median(other, "wall")
    verdict("rate beside pgbadger -j2", rate / theirs, 40)
    for kind, name in (("csv", "pg.csv"), ("jsonlog", "pg.json")):
        log = logs / name
        mine, other = beside(
            kind, log, perfkit(log, output), pgbadger(log, output, kind, 1), rounds
        )
        verdict("CPU", median(other, "cpu") / median(mine, "cpu"), 30)


def mariadb(folder: Path, small: float, rounds: int) -> None:
    """Compare on MariaDB's slow log."""
    log = folder / "mariadb-slow.log"
    if not log.exists():
        mariadb_log.write(log, small)
    mine, other = beside("MariaDB", log, perfkit(log, folder / "out.json"), digest(log), rounds)
    verdict("same file", median(other, "wall") / median(mine, "wall"), 20)


def little(folder: Path, rounds: int) -> None:
    """Time a small log."""
    log = folder / "little.log"
    with (folder / "small" / "pg.log").open("rb") as stream:
        log.write_bytes(stream.read(1_000_000).rsplit(b"\n", 1)[0] + b"\n")
    said(
        "perfkit, a small log",
        log,
        [measured(perfkit(log, folder / "out.json")) for _ in range(rounds)],
    )


def huge(folder: Path) -> None:
    """Look at the memory that 2 GB take."""
    log = folder / "huge.log"
    part = folder / "large" / "pg.log"
    with log.open("wb") as stream:
        while stream.tell() < TWO_GB:
            with part.open("rb") as source:
                shutil.copyfileobj(source, stream, 1 << 24)
    said("perfkit, stderr, 2 GB", log, [measured(perfkit(log, folder / "out.json"))])
    scan = f"import perfkit; print(perfkit.scan({str(log)!r}).digest().headline)"
    said("perfkit.scan, stderr, 2 GB", log, [measured([sys.executable, "-c", scan])])
    log.unlink()


def dask_cluster(folder: Path, rounds: int) -> None:
    """Load with our own processes and with Dask's, start-up not counted for either."""
    import dask
    from distributed import Client, LocalCluster

    import perfkit
    from perfkit.ingest.workers import Workers

    log = folder / "large" / "pg.log"
    own, cluster = [], []
    options = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None}
    dask.config.set({TRIM: 1 << 28})
    pool = Workers(2)
    with LocalCluster(**options) as local, Client(local) as client:
        for times, executor in [(own, pool), (cluster, client)] * (rounds + 1):
            begin = time.perf_counter()
            perfkit.load(log, executor=executor)
            times.append(time.perf_counter() - begin)
    pool.shutdown()
    ours, theirs = statistics.median(own[1:]), statistics.median(cluster[1:])
    print(f"own processes {ours:.2f} s, Dask {theirs:.2f} s: {theirs / ours - 1:+.0%}", flush=True)


def main() -> None:
    """Run all comparisons."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, default=Path("build/logs"))
    parser.add_argument("--large", type=float, default=400, help="MB")
    parser.add_argument("--small", type=float, default=60, help="MB")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    postgres(options.folder, options.large, options.small, options.rounds)
    mariadb(options.folder, options.small, options.rounds)
    little(options.folder, options.rounds)
    huge(options.folder)
    dask_cluster(options.folder, options.rounds)


if __name__ == "__main__":
    main()
