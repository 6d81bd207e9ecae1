import numpy as np
import pyarrow as pa
import pytest

from perfkit.analyses.slos.seen import seen


def route(found, name):
    return found.labels.index(name)


def test_a_route_has_its_requests_in_the_order_of_time(requests, objective, start):
    at = start + np.array([90, 0, 200, 100]) * 10**9
    times = pa.array(at, pa.timestamp("ns", "UTC"))
    table = requests([1, 2, 3, 4], route=["/a", "/a", "/b", "/a"], started_at=times)
    found = seen(table)
    assert found.of(route(found, "/a"), objective("p95<1s")).ms.tolist() == [2, 1, 4]
    assert found.of(None, objective("p95<1s")).ms.tolist() == [2, 1, 4, 3]


def test_lines_that_are_late_by_seconds_stay_where_they_are(requests, objective, start):
    times = pa.array(start + np.array([9, 8]) * 10**9, pa.timestamp("ns", "UTC"))
    found = seen(requests([1, 2], started_at=times))
    assert found.of(0, objective("p95<1s")).ms.tolist() == [1, 2]


def test_only_requests_with_a_duration_tell_about_latency(requests, objective):
    found = seen(requests([1.0, np.nan, 3.0]))
    assert found.of(0, objective("p95<2ms")).over.tolist() == [False, True]


def test_only_requests_with_a_status_or_an_error_tell_about_failures(requests, objective):
    table = requests(
        [1, 1, 1, 1],
        status=pa.array([200, 503, None, None]),
        error=pa.array([None, None, None, "timeout"]),
    )
    sample = seen(table).of(0, objective("error_rate<1%"))
    assert (sample.requests, sample.broken) == (3, 2)


@pytest.mark.parametrize(("text", "over"), [("p95<2ms", 2), ("p95<=2ms", 1)])
def test_what_equals_the_limit_keeps_it_only_where_it_may(requests, objective, text, over):
    assert seen(requests([1, 2, 3])).of(0, objective(text)).broken == over


def test_a_row_counts_for_as_many_requests_as_it_stands_for(requests, objective):
    sample = seen(requests([1, 5], weight=[1.0, 10.0])).of(0, objective("p95<2ms"))
    assert (sample.requests, sample.broken, sample.beyond_ms(2)) == (11, 10, 30)
    assert sample.worth == pytest.approx(121 / 101)


def test_routes_that_have_no_requests_are_not_there(requests):
    found = seen(requests([1]))
    assert [found.labels[number] for number in found.present] == ["/orders"]


def test_requests_without_a_time_are_not_dated(requests):
    assert not seen(requests([1, 2], every_s=0)).dated.any()
