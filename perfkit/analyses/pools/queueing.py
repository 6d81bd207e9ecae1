"""Queueing formulas for pools. They are rules of thumb: real arrivals come in bursts."""

from __future__ import annotations

import math

__all__ = ["TARGET", "mean_wait_ms", "wait_probability"]

#: Utilisation that leaves room for bursts: with 5 connections and random arrivals, one
#: request in three waits at 70 %, at 85 % it is two in three (Erlang C).
TARGET = 0.7


def wait_probability(load: float, size: int) -> float:
    """Return the probability of having to wait: Erlang's C formula.

    Args:
        load: mean number of connections in use (rate x hold, Little's law).
        size: connections in the pool. At ``load >= size`` everybody waits: 1.0.

    Source: A. K. Erlang, 1917; computed by the recursion of Erlang's B formula.
    """
    if load >= size:
        return 1.0
    blocked = 1.0
    for servers in range(1, size + 1):
        blocked = load * blocked / (servers + load * blocked)
    return size * blocked / (size - load * (1 - blocked))


def mean_wait_ms(load: float, size: int, hold_ms: float) -> float:
    """Return the mean wait in M/M/c: the probability to wait x hold / (size - load).

    Infinite at ``load >= size``. For holds that vary little it is up to two times too
    long, for bursts of arrivals several times too short.
    """
    if load >= size:
        return math.inf
    return wait_probability(load, size) * hold_ms / (size - load)
