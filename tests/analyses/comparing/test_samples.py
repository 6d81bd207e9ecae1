import numpy as np
import pyarrow as pa

from perfkit.analyses.comparing.by_route import by_route
from perfkit.analyses.comparing.samples import Samples, samples_of
from perfkit.recording import as_recording


def samples(before, after):
    runs = [as_recording(side, "requests") for side in (before, after)]
    return next(samples_of(by_route([runs[0]], [runs[1]])))


def table(durations, statuses, errors=None):
    said = errors or [None] * len(durations)
    return pa.table(
        {
            "route": ["/a"] * len(durations),
            "duration_ms": pa.array(durations, pa.float64()),
            "status": pa.array(statuses, pa.int64()),
            "error": pa.array(said, pa.string()),
        }
    )


def test_failures_refusals_and_unknown_durations_are_left_out():
    good = [10.0] * 6
    odd = [1.0, 2.0, 3.0, None, -4.0, float("inf"), 5.0]
    statuses = [500, 0, 404, 200, 200, 200, 200]
    errors = [None] * 12 + ["timeout"]
    mixed = table(good + odd, [200] * 6 + statuses, errors)
    found = samples(table(good, [None] * 6), mixed)
    assert found.pooled[1].tolist() == good


def test_a_route_that_answers_404_as_a_matter_of_course_is_compared():
    found = samples(table([3.0] * 8, [404] * 8), table([5.0] * 9, [404] * 9))
    assert found.counts == (8, 9)


def test_samples_are_in_the_order_of_time():
    shuffled = table([3.0, 1.0, 2.0], [200] * 3)
    times = pa.array([3, 1, 2], pa.timestamp("ns", "UTC"))
    found = samples(shuffled.append_column("started_at", times), table([1.0], [200]))
    assert found.before[0].tolist() == [1, 2, 3]


def test_zero_is_half_of_the_smallest_duration_a_clock_shows():
    found = Samples(before=[np.array([0.0, 4.0])], after=[np.array([8.0])])
    assert np.exp(found.log(np.array([0.0, 4.0]))).tolist() == [2.0, 4.0]
    nothing = Samples(before=[np.zeros(3)], after=[np.zeros(3)])
    assert np.isfinite(nothing.log(np.zeros(3))).all()


def test_the_smaller_side_says_how_dependent_samples_are():
    random = np.random.default_rng(1)
    bursts, calm = np.repeat(random.random(30), 10), random.random(3000)
    small = Samples(before=[bursts], after=[calm])
    assert small.tau > 5
    assert Samples(before=[calm[:300]], after=[np.repeat(random.random(300), 10)]).tau < 3
