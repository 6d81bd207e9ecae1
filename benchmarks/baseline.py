"""How long ``perfkit.baseline`` takes beside one pandas ``groupby(...).quantile``.

    python benchmarks/baseline.py [--rows 5000000] [--rounds 5]

Both in one process in turn, so that drift of the machine meets both alike; medians are compared.
pandas is given a categorical route and does nothing but four percentiles; perfkit counts errors,
statuses, bands, methods, the course over time and intervals, and judges its rules. What must hold:
at most three times as long on 200 routes. Of 50,000 distinct paths pandas makes 50,000 groups;
perfkit first finds the routes in them.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import time
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from perfkit import tables
from perfkit.analyses.baseline import baseline
from perfkit.recording import Recording

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

HOURS = 6
NAMES = ("orders", "users", "invoices", "carts", "search", "export", "health", "login")


def requests(rows: int, column: str, names: list[str]) -> pa.Table:
    """Return a day's requests, some of the ``names`` far more frequent than others."""
    rng = np.random.default_rng(1)
    code = (rng.pareto(1.2, rows) * 3).astype(np.int64) % len(names)
    started = np.sort(rng.integers(0, HOURS * 3600 * 10**9, rows)) + 1_795_226_400 * 10**9
    return tables.from_columns(
        "requests",
        {
            column: pa.DictionaryArray.from_arrays(code.astype(np.int32), names),
            "method": pa.DictionaryArray.from_arrays(
                rng.integers(0, 2, rows).astype(np.int32), ["GET", "POST"]
            ),
            "duration_ms": np.round(rng.lognormal(3 + code % 5 / 5, 0.4, rows), 3),
            "status": rng.choice([200, 201, 304, 404, 500], rows, p=[0.9, 0.04, 0.04, 0.017, 3e-3]),
            "started_at": pa.array(started, pa.timestamp("ns", "UTC")),
        },
    )


def quantiles(frame: pd.DataFrame, column: str) -> pd.Series[float]:
    """Return four percentiles of every group."""
    found: pd.Series[float] = frame.groupby(column, observed=True)["duration_ms"].quantile(
        np.array([0.5, 0.9, 0.95, 0.99])
    )
    return found


def took(call: Callable[[], object]) -> tuple[float, float]:
    """Return seconds of wall time and of CPU."""
    wall, cpu = time.perf_counter(), time.process_time()
    call()
    return time.perf_counter() - wall, time.process_time() - cpu


def compare(title: str, table: pa.Table, column: str, rounds: int) -> None:
    """Print both, and the ratio."""
    rec = Recording.from_frames(requests=table)
    frame = rec.requests[[column, "duration_ms"]]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    pairs = [
        (took(lambda: quantiles(frame, column)), took(lambda: baseline(rec))) for _ in range(rounds)
    ]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{title}: {table.num_rows:,} rows, {len(baseline(rec).arrow):,} routes found")
    medians = [
        [statistics.median(pair[who][clock] for pair in pairs) for who in (0, 1)]
        for clock in (0, 1)
    ]
    for clock, (pandas, perfkit) in zip(("wall", "CPU "), medians, strict=True):
        print(
            f"  {clock}  pandas {pandas:6.2f} s   perfkit {perfkit:6.2f} s"
            f"   {perfkit / pandas:5.2f} times (at most 3)"
        )
    print(
        f"  peak   {peak:,.0f} MB, {before:,.0f} MB of it the rows and what made them\n", flush=True
    )


def main() -> None:
    """Run both comparisons."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    routes = [f"/{NAMES[n % len(NAMES)]}/{{id}}/part{n}" for n in range(200)]
    compare("200 routes", requests(options.rows, "route", routes), "route", options.rounds)
    paths = [f"/{NAMES[n % len(NAMES)]}/{n}?page={n % 7}" for n in range(50_000)]
    compare("50,000 paths", requests(options.rows, "path", paths), "path", options.rounds)


if __name__ == "__main__":
    main()
