import numpy as np
import pytest

from perfkit.analyses.external.attempts import attempts
from perfkit.analyses.external.calls import external_calls_of
from perfkit.analyses.repeats.from_spans import Tree


@pytest.fixture
def tried(table, several):
    def make(write, resent=None):
        calls = external_calls_of(Tree(table("spans", several(write, 1))))
        return attempts(calls, np.array(resent or [0] * len(calls)))

    return make


def test_what_follows_a_failure_of_the_same_is_an_attempt(tried):
    def write(trace, n):
        for status in (503, 503, 200, 200):
            trace.http("http://pay/a", 5.0, status=status)

    found = tried(write)
    assert found.again.tolist() == [False, True, True, False]
    assert found.size.tolist() == [3, 1]


def test_another_url_or_one_under_way_is_none(tried):
    def write(trace, n):
        trace.http("http://pay/a", 5.0, status=503)
        trace.http("http://pay/b", 5.0)
        trace.http("http://pay/a", 5.0, at=2.0)

    assert not tried(write).again.any()


def test_the_span_may_say_so_itself(tried):
    found = tried(lambda trace, n: trace.http("http://pay/a", 5.0), resent=[2])
    assert found.retry.tolist() == [True]
    assert found.again.tolist() == [False]
