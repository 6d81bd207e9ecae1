from __future__ import annotations

from collections import Counter

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from perfkit.analyses.alerts import per_method, rows

ROW = st.tuples(
    st.sampled_from(["/a", "/b", None]),
    st.sampled_from(["GET", "POST", None]),
    st.sampled_from([200, 500, None]),
)


def measured(requests):
    route, method, status = zip(*requests, strict=True)
    table = pa.table(
        {
            "route": pa.array(route, pa.string()),
            "method": pa.array(method, pa.string()),
            "status": pa.array(status, pa.int64()),
        }
    )
    read = rows.read(table)
    return per_method.measure(read), read.route.labels


@given(st.lists(ROW, min_size=1, max_size=60))
def test_counts_are_those_of_every_route_and_method(requests):
    found, labels = measured(requests)
    keys = [(labels[r], found.labels[m]) for r, m in zip(found.route, found.method, strict=True)]
    known = Counter((r, m) for r, m, status in requests if status)
    failed = Counter((r, m) for r, m, status in requests if status == 500)
    assert dict(zip(keys, found.known.tolist(), strict=True)) == known
    assert {k: n for k, n in zip(keys, found.failed.tolist(), strict=True) if n} == failed
    assert found.named().tolist() == [method is not None for _, method in keys]


def test_a_method_differs_from_all_that_fail_less_together():
    def of(route, method, failed, count):
        return [(route, method, 500)] * failed + [(route, method, 200)] * (count - failed)

    found, labels = measured(
        of("/a", "GET", 0, 5000)
        + of("/a", "POST", 20, 800)
        + of("/b", "GET", 25, 1000)
        + of("/b", "POST", 20, 800)
        + of("/c", "POST", 30, 30)
    )
    above = found.failed >= 5
    routes = {labels[place] for place in found.route[found.differing(above)]}
    assert routes == {"/a"}
    assert not found.differing(np.zeros(len(above), bool)).any()
