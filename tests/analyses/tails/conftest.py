"""Requests of one route as the analysis of the tail sees them."""

import numpy as np
import pyarrow as pa
import pytest

from perfkit.analyses.tails.observed import Observed


@pytest.fixture(scope="session")
def seen():
    """Return a maker of observed requests: how long each lasted, which are slow, what else."""

    def make(duration_ms, slow, **more):
        count = len(duration_ms)
        values = {
            "route": "/a",
            "row": np.arange(count),
            "started": 1_790_000_000_000_000_000 + np.arange(count) * 1_000_000_000,
            "weight": np.ones(count),
            "running": np.ones(count, np.int64),
            "table": pa.table({"trace_id": [f"t{n}" for n in range(count)]}),
            "percentile": 90,
        }
        told = {"duration_ms": np.array(duration_ms, float), "slow": np.array(slow, bool)}
        return Observed(**(values | told | more))

    return make
