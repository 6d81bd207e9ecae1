"""How often ``compare`` is wrong: false alarms, power and coverage, simulated; and how fast it is.

    python benchmarks/compare_errors.py [REPEATS]

Requests are lognormal with a median of 100 ms. An A/A row compares two runs of one and the same
program: what it calls slower or faster is a false alarm. Dependence is an AR(1) process of the
logarithms, or bursts that make 20 requests in a row alike. Drift gives every run a speed of its
own. ``p < .05`` is the test alone, ``verdict`` also asks for the smallest effect that matters.
Coverage is how often the 95 % interval holds the true shift.

Limits: A/A at most 6 % up to an autocorrelation of 0.6, at most 8 % with 2 % of drift and five
runs a side; power at least 0.7 for +10 % at 200 requests a side and a sigma of 0.35. A limit is
missed by more than two standard errors of so many repeats.
"""

from __future__ import annotations

import math
import sys
import time
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from perfkit.analyses.compare import compare

REPEATS = 400
SECOND = 1_000_000_000
ALPHA = 0.05
CHANGE = math.log(1.1)


@dataclass(frozen=True, kw_only=True)
class Case:
    """One situation: what both sides are like, and what must hold of it."""

    name: str
    n: int = 200
    runs: int = 1
    sigma: float = 0.35
    rho: float = 0.0
    burst: float = 0.0  # share of the variance that 20 neighbours have in common
    drift: float = 0.0
    change: float = 0.0
    most: float = 1.0  # verdicts other than "no change detected"
    least: float = 0.0


CASES = (
    Case(name="A/A independent", most=0.06),
    Case(name="A/A AR(1) 0.3", rho=0.3, most=0.06),
    Case(name="A/A AR(1) 0.6", rho=0.6, most=0.06),
    Case(name="A/A AR(1) 0.9", rho=0.9),
    Case(name="A/A AR(1) 0.6", rho=0.6, n=50, most=0.06),
    Case(name="A/A AR(1) 0.6", rho=0.6, n=1000, most=0.06),
    Case(name="A/A bursts of 20", burst=0.3, n=1000),
    Case(name="A/A sigma 0.8", sigma=0.8, most=0.06),
    Case(name="A/A drift 2 %, one run", drift=0.02),
    Case(name="A/A drift 2 %", drift=0.02, runs=3, most=0.08),
    Case(name="A/A drift 2 %", drift=0.02, runs=5, most=0.08),
    Case(name="A/A drift 2 %, AR(1) 0.6", drift=0.02, rho=0.6, runs=5, most=0.08),
    Case(name="A/A drift 5 %", drift=0.05, runs=5, most=0.08),
    Case(name="+10 % sigma 0.15", sigma=0.15, change=CHANGE, least=0.7),
    Case(name="+10 % sigma 0.35", change=CHANGE, least=0.7),
    Case(name="+10 % sigma 0.35", change=CHANGE, n=1000, least=0.9),
    Case(name="+10 % AR(1) 0.6", change=CHANGE, rho=0.6, n=1000),
    Case(name="+10 % drift 2 %", change=CHANGE, drift=0.02, runs=3),
    Case(name="+10 % drift 2 %", change=CHANGE, drift=0.02, runs=5),
)


def samples(case: Case, random: np.random.Generator) -> np.ndarray:
    """Return the logarithms of one run, in the order of time."""
    noise = random.standard_normal(case.n)
    if case.rho:
        noise *= math.sqrt(1 - case.rho**2)
        noise[0] = random.standard_normal()
        for i in range(1, case.n):
            noise[i] += case.rho * noise[i - 1]
    if case.burst:
        shared = np.repeat(random.standard_normal(case.n // 20 + 1), 20)[: case.n]
        noise = math.sqrt(1 - case.burst) * noise + math.sqrt(case.burst) * shared
    return case.sigma * noise + case.drift * random.standard_normal()


def requests(logs: np.ndarray) -> pa.Table:
    """Return a run as a table of requests, ten per second."""
    at = pa.array(np.arange(len(logs)) * (SECOND // 10), pa.timestamp("ns", "UTC"))
    route = pa.array(["/orders"] * len(logs))
    return pa.table({"started_at": at, "route": route, "duration_ms": 100 * np.exp(logs)})


def simulated(case: Case, repeats: int) -> dict[str, float]:
    """Return how often each thing happened."""
    random = np.random.default_rng(841)
    seen: dict[str, list[float]] = {}
    for _ in range(repeats):
        sides = [
            [requests(samples(case, random) + change) for _ in range(case.runs)]
            for change in (0.0, case.change)
        ]
        (row,) = compare(*sides).arrow.to_pylist()
        truth = 100 * math.expm1(case.change)
        seen.setdefault("p < .05", []).append(row["p_value"] < ALPHA)
        seen.setdefault("verdict", []).append(row["verdict"] != "no change detected")
        seen.setdefault("shift", []).append(row["low_pct"] <= truth <= row["high_pct"])
        for name in ("p50", "p95", "p99"):
            held = row[f"{name}_low_pct"] <= truth <= row[f"{name}_high_pct"]
            seen.setdefault(name, []).append(
                held if not math.isnan(row[f"{name}_low_pct"]) else math.nan
            )
        seen.setdefault("tail", []).append(row["tail"] is not None)
        seen.setdefault("tau", []).append(row["tau"])
    return {name: float(np.mean(values)) for name, values in seen.items()}


def errors(repeats: int) -> bool:
    """Print one line per case; say whether all limits hold."""
    print(
        f"{repeats} repeats; standard error of 6 % is {100 * math.sqrt(0.0564 / repeats):.1f} %\n"
    )
    print(f"{'':25} {'':5} {'':4} {'-- % of comparisons --':>26}   {'---- coverage % ----':>23}")
    names = ("p < .05", "verdict", "tail", "shift", "p50", "p95", "p99")
    print(f"{'case':25} {'n':>5} {'runs':>4}", *(f"{n:>7}" for n in names), "  tau  limit")
    good = True
    for case in CASES:
        found = simulated(case, repeats)
        noise = 2 * math.sqrt(0.06 * 0.94 / repeats)
        holds = case.least - noise <= found["verdict"] <= case.most + noise
        good &= holds
        limit = f"<= {case.most:.0%}" if case.most < 1 else ""
        limit = f">= {case.least:.0%}" if case.least else limit
        shown = (f"{100 * found[n]:7.1f}" if found[n] == found[n] else "    n/a" for n in names)
        print(
            f"{case.name:25} {case.n:5} {case.runs:4}",
            *shown,
            f"{found['tau']:5.1f}  {limit}{'' if holds else '  MISSED'}",
            flush=True,
        )
    return good


def speed() -> None:
    """Print how long large comparisons take."""
    random = np.random.default_rng(841)
    sides = [requests(0.35 * random.standard_normal(20_000)) for _ in range(2)]
    print(f"\n20,000 requests a side, one route: {_seconds(*sides):.2f} s")
    routes = pa.array([f"/route/x{i % 500}/list" for i in range(1_000_000)])
    wide = [
        requests(0.35 * random.standard_normal(1_000_000)).set_column(1, "route", routes)
        for _ in range(2)
    ]
    print(f"500 routes with 2,000 requests a side each: {_seconds(*wide):.1f} s")


def _seconds(before: pa.Table, after: pa.Table) -> float:
    compare(before.slice(0, 100), after.slice(0, 100))
    begin = time.process_time()
    compare(before, after)
    return time.process_time() - begin


if __name__ == "__main__":
    speed()
    print()
    sys.exit(0 if errors(int(sys.argv[1]) if len(sys.argv) > 1 else REPEATS) else 1)
