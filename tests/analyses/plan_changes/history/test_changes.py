from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from perfkit.analyses.plan_changes.history.changes import changes, welch
from perfkit.analyses.plan_changes.history.statement import Statement


def statement(ms, labels):
    rows = np.arange(len(ms))
    shapes = [f"{n}" for n in range(max(labels) + 1)]
    return Statement(
        fingerprint_id="f", at=rows * 10**9, ms=np.asarray(ms, np.float64),
        labels=np.asarray(labels, np.int64), rows=rows, shapes=shapes, plans=pa.table({}),
    )  # fmt: skip


def test_welch_is_that_of_the_sleep_data():
    """R prints t = -1.8608, df = 17.776, p-value = 0.07939 for ``t.test(extra ~ group, sleep)``."""
    a = np.array([0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0])
    b = np.array([1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4])
    assert welch(a, b, 1.0) == pytest.approx(0.07939, abs=5e-6)
    assert welch(a, b, 2.0) > welch(a, b, 1.0)
    assert welch(np.ones(9), np.ones(9), 1.0) == 1


def test_a_course_within_each_side_hides_no_shift_of_forty_times():
    course = np.linspace(1.5, 1, 30)
    found = changes([statement([*(0.1 * course), *(4 * course)], [0] * 30 + [1] * 30)])
    assert [one.kind for one in found] == ["flip"]
    assert found[0].ratio == pytest.approx(40, rel=0.01)
    assert found[0].low < 40 < found[0].high
    assert found[0].at == (29 * 10**9, 30 * 10**9)


def test_what_chance_does_to_dependent_series_is_no_flip():
    flips = 0
    for seed in range(100):
        random = np.random.default_rng(seed)
        noise = np.convolve(random.normal(size=109), np.ones(10) / 10, "valid")
        flips += bool(changes([statement(10 * np.exp(noise), [0] * 50 + [1] * 50)]))
    assert flips <= 10


def test_of_very_many_statements_chance_makes_none_change():
    random = np.random.default_rng(2)
    many = [statement(10 * np.exp(random.normal(size=40)), [0] * 20 + [1] * 20) for _ in range(200)]
    assert len(changes(many)) <= 1


def test_what_has_no_time_of_day_or_no_duration_is_not_judged():
    labels = [0] * 20 + [1] * 20
    known = statement(np.linspace(1, 1.1, 20).tolist() + np.linspace(50, 55, 20).tolist(), labels)
    assert changes([known])
    undated = replace(known, at=np.full(40, np.iinfo(np.int64).min))
    assert changes([undated]) == []
    nothing = statement([np.nan] * 40, labels)
    assert changes([nothing]) == []
    assert changes([]) == []
