"""Runs of requests out of a few numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

STEP_NS = 50_000_000


def _requests(routes: dict[str, tuple[int, float]], *, seed=0, sigma=0.2, **columns) -> pa.Table:
    """Return requests: route -> (how many, median in ms), in a random order, 20 per second."""
    random = np.random.default_rng(seed)
    names = random.permutation([name for name, (n, _) in routes.items() for _ in range(n)])
    median = np.array([routes[name][1] for name in names])
    table = {
        "started_at": pa.array(np.arange(len(names)) * STEP_NS, pa.timestamp("ns", "UTC")),
        "route": names,
        "duration_ms": median * np.exp(sigma * random.standard_normal(len(names))),
    }
    return pa.table(table | columns)


@pytest.fixture(scope="session")
def requests() -> Callable[..., pa.Table]:
    """Return a maker of a run of requests."""
    return _requests


@pytest.fixture
def by_key():
    """Return the rows of a result by their key."""

    def rows(result):
        key = result.arrow.column_names[0]
        return {row[key]: row for row in result.arrow.to_pylist()}

    return rows
