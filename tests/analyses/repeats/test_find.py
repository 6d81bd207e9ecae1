import tracemalloc

import numpy as np

from perfkit.analyses.repeats.calls import Calls, Owners, Target
from perfkit.analyses.repeats.find import FEWEST, repeats


def test_memory_does_not_grow_with_owners_times_targets():
    size = 4000  # 128 MB as a matrix
    targets = [Target(fingerprint=f"select a from t{number}") for number in range(size)]
    owner = np.arange(size, dtype=np.int64).repeat(2)
    many = np.concatenate([np.full(FEWEST, 7), np.arange(2 * size) % size])
    calls = Calls(
        owner=np.concatenate([np.zeros(FEWEST, np.int64), owner]),
        target=many,
        start_ms=np.arange(len(many), dtype=float),
        duration_ms=np.ones(len(many)),
        parent=np.full(len(many), None),
        raw=np.full(len(many), None),
        targets=targets,
        owners=Owners(
            node=np.arange(size),
            trace_id=[None] * size,
            route=[None] * size,
            duration_ms=np.full(size, np.nan),
            served=np.ones(size, dtype=bool),
        ),
    )
    tracemalloc.start()
    (found,) = repeats(calls)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (found.repeats, found.target) == (FEWEST, targets[7])
    assert peak < 20_000_000
