"""Error rates of since_when: false alarms on series that stay, power and coverage on steps.

    python benchmarks/change_points.py [--repeats 400] [--seed 1] [--speed]

Per kind of series: the share with a reported change of p50, and of p95 (at most 1 % where
nothing changes); for steps of +20 % the share found, and how often the interval of the time
holds the true one. ``--speed`` times 5 million requests on 200 routes.
"""

from __future__ import annotations

import argparse
import time
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from perfkit.analyses.changes.course import course
from perfkit.analyses.changes.rows import rows
from perfkit.analyses.changes.series import binned
from perfkit.analyses.since_when import since_when

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Made = tuple[Floats, Floats]  # hours since the start, log latency

HOUR = 3600 * 10**9
SATURDAY, SLOW, STEPPED = 5, 0.12, 20
START = 1_767_571_200 * 10**9  # Monday, 5 January 2026, 00:00 UTC


def ar(rng: np.random.Generator, size: int, rho: float) -> Floats:
    """Return a standard AR(1) series."""
    noise = rng.standard_normal(size) * np.sqrt(1 - rho**2)
    noise[0] /= np.sqrt(1 - rho**2)
    for place in range(1, size):
        noise[place] += rho * noise[place - 1]
    return noise


def arrivals(rng: np.random.Generator, count: int, hours: float, *, daily: bool = False) -> Floats:
    """Return times; ``daily``: ten times the traffic at noon."""
    at = np.sort(rng.uniform(0, hours, count if not daily else 3 * count))
    if daily:
        busy = 0.55 - 0.45 * np.cos(2 * np.pi * at / 24)
        at = at[rng.uniform(size=len(at)) < busy / busy.mean() / 3]
    return at


def independent(sigma: float, count: int = 4000, hours: float = 1.0) -> Callable[..., Made]:
    """Lognormal latencies."""
    return lambda rng: (arrivals(rng, count, hours), sigma * rng.standard_normal(count))


def of_requests(rho: float, count: int = 4000) -> Callable[..., Made]:
    """Each request resembles the one before."""
    return lambda rng: (arrivals(rng, count, 1.0), 0.35 * ar(rng, count, rho))


def of_minutes(rho: float, size: float, count: int = 12_000) -> Callable[..., Made]:
    """A level that wanders from minute to minute, on top of the spread of requests."""

    def made(rng: np.random.Generator) -> Made:
        at = arrivals(rng, count, 2.0)
        level = size * ar(rng, 121, rho)[(at * 60).astype(int)]
        return at, level + 0.35 * rng.standard_normal(count)

    return made


def cycle(
    days: int, amplitude: float = 0.4, rho: float = 0.0, weekend: float = 0.0
) -> Callable[..., Made]:
    """Latency and traffic follow the time of day; weekends differ."""

    def made(rng: np.random.Generator) -> Made:
        at = arrivals(rng, 3000 * days, 24.0 * days, daily=True)
        slow = amplitude * np.sin(2 * np.pi * at / 24 - 1.5)
        slow = slow + weekend * ((at // 24).astype(int) % 7 >= SATURDAY)
        level = 0.1 * ar(rng, 24 * days + 1, rho)[at.astype(int)] if rho else 0.0
        return at, slow + level + 0.35 * rng.standard_normal(len(at))

    return made


def heavy(rng: np.random.Generator) -> Made:
    """Pareto tails without a mean."""
    return arrivals(rng, 4000, 1.0), np.log(1 + rng.pareto(0.9, 4000))


def bimodal(rng: np.random.Generator) -> Made:
    """One request in eight misses a cache and takes ten times as long."""
    slow = rng.uniform(size=4000) < SLOW
    return arrivals(rng, 4000, 1.0), 2.3 * slow + 0.3 * rng.standard_normal(4000)


def whole_ms(rng: np.random.Generator) -> Made:
    """Durations and times that were rounded: whole milliseconds, whole seconds."""
    at, logs = independent(0.35)(rng)
    return np.floor(at * 3600) / 3600, np.log(np.maximum(np.round(4 * np.exp(logs)), 1))


def nights(rng: np.random.Generator) -> Made:
    """Four days with traffic from 8 to 18 only."""
    at = arrivals(rng, 8000, 40.0)
    return at // 10 * 24 + 8 + at % 10, 0.35 * rng.standard_normal(len(at))


def loaded(rng: np.random.Generator) -> Made:
    """Latency grows with the traffic of its time of day."""
    at = arrivals(rng, 12_000, 96.0, daily=True)
    return at, -0.3 * np.cos(2 * np.pi * at / 24) + 0.35 * rng.standard_normal(len(at))


def stepped(make: Callable[..., Made], at: float) -> Callable[..., Made]:
    """A deploy at hour ``at`` makes it 20 % slower."""

    def made(rng: np.random.Generator) -> Made:
        hours, logs = make(rng)
        return hours, logs + np.log(1.2) * (hours >= at)

    return made


STEADY: dict[str, Callable[..., Made]] = {
    "independent, sigma 0.35": independent(0.35),
    "independent, sigma 0.8": independent(0.8),
    "independent, 400 requests": independent(0.35, 400),
    "independent, 40,000 requests": independent(0.35, 40_000),
    "AR(1) 0.3 between requests": of_requests(0.3),
    "AR(1) 0.6 between requests": of_requests(0.6),
    "AR(1) 0.3 between minutes": of_minutes(0.3, 0.1),
    "AR(1) 0.6 between minutes": of_minutes(0.6, 0.1),
    "AR(1) 0.6 between minutes, strong": of_minutes(0.6, 0.35),
    "heavy tails (Pareto 0.9)": heavy,
    "bimodal, 12 % slow": bimodal,
    "whole ms, whole seconds": whole_ms,
    "no traffic at night, 4 days": nights,
    "daily cycle, 2 days": cycle(2),
    "daily cycle, 3 days": cycle(3),
    "daily cycle, 7 days": cycle(7),
    "daily cycle, 5 days, AR(1) 0.6 of hours": cycle(5, rho=0.6),
    "weekends 30 % slower, 14 days": cycle(14, weekend=0.26),
    "latency follows load, 4 days": loaded,
    "daily cycle, 1 day (no step)": cycle(1),
}
STEPS: dict[str, tuple[Callable[..., Made], float]] = {
    "2 x 2,000, sigma 0.35": (independent(0.35), 0.5),
    "2 x 2,000, sigma 0.8": (independent(0.8), 0.5),
    "2 x 2,000, AR(1) 0.3 between requests": (of_requests(0.3), 0.5),
    "2 x 2,000, AR(1) 0.6 between requests": (of_requests(0.6), 0.5),
    "2 x 2,000, bimodal": (bimodal, 0.5),
    "2 x 2,000, whole ms": (whole_ms, 0.5),
    "6,000 and 2,000 after": (independent(0.35, 8000), 0.75),
    "daily cycle, 4 days, step on day 3": (cycle(4), 61.3),
}


def reported(made: Made) -> list[dict[str, object]]:
    """Return the rows of one series."""
    hours, logs = made
    times = START + (hours * HOUR).astype(np.int64)
    order = np.argsort(times, kind="stable")
    series = binned(times[order], 20 * np.exp(logs[order]))
    return list(rows(course(series))) if series is not None else []


def false_alarms(repeats: int, seed: int) -> None:
    """Print the share of series with a change, by percentile; slow courses apart."""
    print(f"{'stays as it is':42} {'p50 %':>6} {'p95 %':>6} {'gradual %':>10}")
    for name, make in STEADY.items():
        rng = np.random.default_rng(seed)
        seen = [reported(make(rng)) for _ in range(repeats)]
        sudden = [{row["percentile"] for row in one if row["kind"] != "gradual"} for one in seen]
        slow = sum(any(row["kind"] == "gradual" for row in one) for one in seen)
        shares = [100 * sum(p in one for one in sudden) / repeats for p in ("p50", "p95")]
        print(
            f"{name:42} {shares[0]:6.2f} {shares[1]:6.2f} {100 * slow / repeats:10.2f}", flush=True
        )


def power(repeats: int, seed: int) -> None:
    """Print how often a step of +20 % is found, and how often its interval holds the time."""
    print(f"\n{'+20 %':42} {'p50 %':>6} {'p95 %':>6} {'covered %':>10} {'width min':>10}")
    for name, (make, at) in STEPS.items():
        rng = np.random.default_rng(seed)
        true = START + int(at * HOUR)
        seen = [reported(stepped(make, at)(rng)) for _ in range(repeats)]
        found = [
            100 * sum(any(r["percentile"] == p for r in one) for one in seen) / repeats
            for p in ("p50", "p95")
        ]
        told = [row for one in seen for row in one if row["kind"] == "step"]
        held = 100 * sum(r["low_at"] <= true <= r["high_at"] for r in told) / max(len(told), 1)
        width = np.median([(r["high_at"] - r["low_at"]) / 6e10 for r in told] or [np.nan])
        print(f"{name:42} {found[0]:6.1f} {found[1]:6.1f} {held:10.1f} {width:10.2f}", flush=True)


def speed() -> None:
    """Time 5 million requests on 200 routes over 3 days, a tenth of the routes with a step."""
    rng, count = np.random.default_rng(1), 5_000_000
    times = START + rng.integers(0, 72 * HOUR, count)
    route = rng.integers(0, 200, count)
    slower = (route < STEPPED) & (times > START + 40 * HOUR)
    logs = 0.35 * rng.standard_normal(count) + 0.3 * slower
    names = pa.array([f"/r{n}" for n in range(200)])
    table = pa.table(
        {
            "started_at": pa.array(times, pa.timestamp("ns", "UTC")),
            "duration_ms": 20 * np.exp(logs),
            "route": pa.DictionaryArray.from_arrays(pa.array(route, pa.int32()), names),
        }
    )
    begin = time.perf_counter()
    result = since_when(table)
    print(f"\n5,000,000 requests, 200 routes: {time.perf_counter() - begin:.1f} s; {result.totals}")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--speed", action="store_true")
    asked = parser.parse_args()
    if asked.speed:
        speed()
        return
    false_alarms(asked.repeats, asked.seed)
    power(asked.repeats, asked.seed)


if __name__ == "__main__":
    main()
