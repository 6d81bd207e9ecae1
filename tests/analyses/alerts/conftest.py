"""Traffic of a service, simulated: arrivals of any rate, latencies per route, and faults in them.

Arrivals are a Poisson process whose rate is a function of time, by thinning (Lewis and Shedler,
1979); latencies are lognormal around a median per route. Times are seconds from the start.
"""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pytest

from perfkit import tables
from perfkit.analyses.alerts import found
from perfkit.recording import Recording

#: A Monday, 00:00 UTC.
START_S = 1_789_948_800
DAY = 86_400
MEDIANS_MS = (12.0, 25.0, 40.0, 8.0, 60.0, 18.0, 33.0, 90.0, 15.0, 5.0)


def at(seconds):
    """Return times as nanoseconds since 1970."""
    return START_S * 1_000_000_000 + np.round(np.asarray(seconds) * 1e9).astype(np.int64)


def arrivals(rng, seconds, rate, most):
    """Return sorted arrival times with ``rate(t)`` a second, never above ``most``."""
    times = np.sort(rng.uniform(0, seconds, rng.poisson(most * seconds)))
    return times[rng.uniform(0, most, len(times)) < rate(times)]


def requests(
    seed=0,
    *,
    seconds=3 * 3600,
    rate=lambda t: np.full(len(t), 5.0),
    most=None,
    routes=5,
    sigma=0.3,
    latency=lambda t, route: 1.0,
    status=None,
    shares=None,
):
    """Return a table of requests.

    ``latency(t, route)`` is a factor on the median, ``status(t, route, uniform)`` an array of
    status codes, ``shares`` the mix of routes.
    """
    rng = np.random.default_rng(seed)
    peak = most or float(rate(np.linspace(0, seconds, 20_001)).max()) * 1.02
    t = arrivals(rng, seconds, rate, peak)
    route = rng.choice(routes, len(t), p=shares)
    median = np.array(MEDIANS_MS)[route]
    duration = median * rng.lognormal(0, sigma, len(t)) * latency(t, route)
    code = np.full(len(t), 200)
    if status is not None:
        code = status(t, route, rng.uniform(0, 1, len(t)))
    names = pa.array([f"/r{i}" for i in range(routes)])
    return tables.from_columns(
        "requests",
        {
            "started_at": pa.array(at(t), pa.timestamp("ns", "UTC")),
            "duration_ms": duration,
            "route": pa.DictionaryArray.from_arrays(pa.array(route.astype(np.int32)), names),
            "method": pa.array(["GET"] * len(t)),
            "status": code,
        },
    )


def metrics(seconds, every=15, **series):
    """Return readings; ``cpu__utilisation=f`` is ``f(t)`` under that name with a dot."""
    t = np.arange(0, seconds, every, dtype=float)
    parts = [
        tables.from_columns(
            "metrics",
            {
                "at": pa.array(at(t), pa.timestamp("ns", "UTC")),
                "host": ["web"] * len(t),
                "name": [name.replace("__", ".")] * len(t),
                "value": np.broadcast_to(values(t) if callable(values) else values, len(t)),
            },
        )
        for name, values in series.items()
    ]
    return tables.concat(parts, "metrics")


def events(*rows):
    """Return events from ``(seconds, kind, session)`` or ``(..., message)``."""
    return tables.from_columns(
        "events",
        {
            "at": pa.array([int(at(r[0])) for r in rows], pa.timestamp("ns", "UTC")),
            "kind": [r[1] for r in rows],
            "session_id": [r[2] for r in rows],
            "message": [r[3] if len(r) > 3 else None for r in rows],
        },
    )


def autoregressive(rng, size, rho, deviation):
    """Return AR(1) noise with a stationary ``deviation``."""
    steps = rng.normal(0, deviation * np.sqrt(1 - rho**2), size)
    steps[0] = rng.normal(0, deviation)
    for i in range(1, size):
        steps[i] += rho * steps[i - 1]
    return steps


def healthy(seed):
    """Return a recording in which nothing is wrong, as different as services are.

    Ten minutes to 15 days; a daily cycle, weekends, noise that lasts (AR), bursts of traffic,
    latency that follows the load, failures and refusals at a constant rate, single stalls at
    random, restarts with a few failures and cold caches, host readings that follow the load.
    """
    rng = np.random.default_rng([seed, 1])
    seconds = float(
        rng.choice([600, 3600, 6 * 3600, DAY, DAY, 2 * DAY, 6 * DAY, 9 * DAY, 15 * DAY])
    )
    base = min(float(rng.uniform(2, 40)), 220_000 / seconds)
    shape = _course(rng, seconds)
    latency = _latency(rng, seconds, shape)
    restarts = rng.uniform(0, seconds, max(1, int(seconds / DAY)))
    fails, refuses = rng.uniform(0, 0.004), rng.uniform(0, 0.04)

    def cold(t):
        return np.min([np.where(t >= r, t - r, 1e9) for r in restarts], axis=0)

    def status(t, route, uniform):
        failing = np.where(cold(t) < 3, 0.1, fails)
        refused = uniform < failing + np.where(route == 1, refuses, 0)
        return np.where(uniform < failing, 503, np.where(refused, 422, 200))

    table = requests(
        seed,
        seconds=seconds,
        rate=lambda t: base * shape(t),
        most=base * 4,
        routes=int(rng.integers(1, 10)),
        sigma=rng.uniform(0.15, 0.42),
        latency=lambda t, route: latency(t) * np.where(cold(t) < 20, 1.7, 1.0),
        status=status,
    )
    load = rng.uniform(0.1, 0.5)
    host = metrics(
        seconds,
        max(15, seconds / 20_000),
        cpu__utilisation=lambda t: np.clip(load * shape(t) + rng.normal(0, 0.03, len(t)), 0.01, 1),
        memory__utilisation=lambda t: np.clip(0.5 + rng.normal(0, 0.01, len(t)), 0, 1),
        cpu__cores=4.0,
    )
    boots = [
        (r, "worker_start", str(100 + 10 * i + w)) for i, r in enumerate(restarts) for w in range(5)
    ]
    happened = events(*boots, *((float(r), "deploy", None, "release") for r in restarts))
    return SimpleNamespace(
        rec=Recording(contents={"metrics": host, "events": happened}), requests=table
    )


def _course(rng, seconds):
    """Return the load over time, about 1 on average and below 4."""
    depth, weekend = rng.uniform(0, 0.85), rng.choice([1.0, 0.5])
    minutes = int(seconds // 60) + 2
    noise = autoregressive(rng, minutes, rng.uniform(0, 0.97), rng.uniform(0, 0.12))
    for begin in rng.integers(0, minutes, rng.poisson(2)):
        noise[begin : begin + rng.integers(3, 25)] += np.log(rng.uniform(1.3, 2.2))
    drift = np.repeat(rng.normal(0, 0.03, minutes // 1440 + 1), 1440)[:minutes]
    phase = rng.uniform(0, DAY)

    def course(t):
        day = 1 - depth * np.cos(2 * np.pi * (t + phase) / DAY)
        week = np.where((t // DAY).astype(int) % 7 >= 5, weekend, 1.0)
        return np.minimum(day * week * np.exp((noise + drift)[(t // 60).astype(int)]), 3.9)

    return course


def _latency(rng, seconds, shape):
    slope, minutes = rng.uniform(0, 0.35), int(seconds // 60) + 2
    noise = autoregressive(rng, minutes, rng.uniform(0, 0.97), rng.uniform(0, 0.07))
    stalls = rng.uniform(0, seconds, rng.poisson(min(6.0, seconds / 1200)))

    def latency(t):
        stalled = np.zeros(len(t), bool)
        for begin in stalls:
            stalled |= (t >= begin) & (t < begin + 2)
        factor = np.maximum(shape(t), 0.1) ** slope * np.exp(noise[(t // 60).astype(int)])
        return factor * np.where(stalled, 6.0, 1.0)

    return latency


@pytest.fixture(scope="session")
def simulated():
    """Return the makers of simulated traffic, host readings and events."""
    return SimpleNamespace(
        requests=requests,
        metrics=metrics,
        events=events,
        healthy=healthy,
        at=at,
        start_s=START_S,
        day=DAY,
        medians_ms=MEDIANS_MS,
    )


@pytest.fixture(scope="session")
def alerts():
    """Return ``alerts(requests, thresholds=None, **tables)``: the rules' findings and rows."""

    def judge(table, thresholds=None, *, critical=None, **contents):
        return found(Recording(contents=contents), table, thresholds, critical=critical)

    return judge


@pytest.fixture(scope="session")
def rules(alerts):
    """Return ``rules(requests, ...)``: the sorted ids of the rules whose findings are shown."""
    return lambda table, **rest: sorted(one.rule for one in alerts(table, **rest).findings)
