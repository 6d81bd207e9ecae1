import numpy as np
import pyarrow as pa
import pytest

from perfkit.analyses.baseline import baseline
from perfkit.views.figure_text import as_text

SECOND = 1_000_000_000


def service(slope, *, minutes=90, seed=6):
    """Return requests whose rate swings over time; latency follows it by ``slope``."""
    rng = np.random.default_rng(seed)
    starts, durations = [], []
    for minute in range(minutes):
        rate = 30 + 25 * np.sin(minute / 7)
        count = rng.poisson(60 * rate / 10)
        starts.append(60 * SECOND * minute + rng.integers(0, 60 * SECOND, count))
        durations.append(rng.lognormal(3, 0.3, count) * (rate / 30) ** slope)
    times = np.concatenate(starts)
    return pa.table(
        {
            "route": ["/a"] * len(times),
            "duration_ms": np.concatenate(durations),
            "started_at": pa.array(times, pa.timestamp("ns", "UTC")),
        }
    )


@pytest.mark.parametrize(
    ("slope", "said"),
    [(1.0, "rises with load"), (0.0, "does not follow load"), (-1.0, "falls with load")],
)
def test_the_title_says_whether_latency_follows_load(slope, said):
    assert said in baseline(service(slope)).load_curve().layout.title.text


def test_latency_that_does_not_follow_load_is_not_said_to():
    titles = [
        baseline(service(0.0, seed=seed)).load_curve().layout.title.text for seed in range(20)
    ]
    assert all("does not follow" in title for title in titles)


def test_every_dot_is_a_period_with_its_rate_and_what_was_in_flight():
    result = baseline(service(0.0))
    figure = result.load_curve("/a")
    periods = result.series["over_time"].to_pylist()
    for name in ("p50", "p95"):
        (trace,) = (t for t in figure.data if t.name == name)
        assert list(trace.x) == pytest.approx([row["rate_per_s"] for row in periods], rel=1e-3)
        assert list(trace.y) == pytest.approx([row[f"{name}_ms"] for row in periods], rel=1e-3)
        in_flight = [row["in_flight"] for row in periods]
        assert [data[1] for data in trace.customdata] == pytest.approx(in_flight, abs=0.006)
    assert "requests per second" in figure.layout.xaxis.title.text
    assert "p95" in as_text(figure)


def test_few_periods_are_not_related():
    title = baseline(service(1.0, minutes=2).slice(0, 300)).load_curve().layout.title.text
    assert "too few to relate them" in title


def test_without_times_there_is_a_sentence():
    figure = baseline(pa.table({"route": ["/a"], "duration_ms": [5.0]})).load_curve()
    assert "no period has 20 requests" in figure.layout.title.text
    assert not figure.data
