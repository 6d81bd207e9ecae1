import dataclasses

import pytest

from perfkit.analyses.baseline import baseline
from perfkit.errors import UsageError


@pytest.fixture
def result(built):
    rows = [
        {"route": f"/r{n % 30}", "duration_ms": 1.0 + n % 30, "started_at": 10**9 * n}
        for n in range(900)
    ]
    return baseline(built(requests=rows))


def test_the_course_of_a_route_is_that_of_its_requests(result):
    assert result.course("/r29").requests.sum() == 30
    assert result.course().requests.sum() == 900
    assert result.series["over_time"]["requests"].to_numpy().sum() == 900


def test_a_route_that_is_not_there_is_a_mistake_with_a_hint(result):
    with pytest.raises(UsageError, match="there is no route '/nowhere'") as caught:
        result.heatmap("/nowhere")
    assert "/r29" in caught.value.hint


def test_of_a_route_with_little_time_the_course_was_not_kept(result):
    with pytest.raises(UsageError, match="'/r3' was not kept") as caught:
        result.load_curve("/r3")
    assert "rec.where(route='/r3')" in caught.value.hint


def test_a_copy_draws_as_well(result):
    copy = dataclasses.replace(result, headline="other")
    assert copy.heatmap().data
