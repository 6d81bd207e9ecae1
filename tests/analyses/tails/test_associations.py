"""Which features go together with being slow: shares, risks and ranking against a count by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perfkit.analyses.tails import associations
from perfkit.analyses.tails.associations import FALSE_DISCOVERIES, Association, associated
from perfkit.analyses.tails.features import Feature


def flag(has, name="x", kind="attribute", value="v"):
    return Feature(name=name, value=value, kind=kind, has=np.array(has, bool))


def number(values, name="n"):
    values = np.array(values, float)
    return Feature(name=name, value=None, kind="number", has=~np.isnan(values), numbers=values)


def one_of(seen, feature):
    (found,) = associations.tested(seen, [feature])
    return found


@pytest.fixture
def forty(seen):
    """Twenty slow requests of 110 ms, and sixty of 10 ms."""
    return seen([110.0] * 20 + [10.0] * 60, [True] * 20 + [False] * 60)


def test_shares_and_risks_are_those_of_the_table_of_four(forty):
    found = one_of(forty, flag([1] * 15 + [0] * 5 + [1] * 15 + [0] * 45))
    assert (found.slow_share, found.rest_share) == (0.75, 0.25)
    assert (found.risk, found.other_risk) == (0.5, 0.1)
    assert (found.slow_has, found.requests) == (15, 30)
    assert found.lift == 3
    assert found.explained == pytest.approx(0.75 * (1 - 0.1 / 0.5))
    assert found.p_value < 0.001
    assert found.title == "x = v"


def test_a_feature_of_slow_requests_alone_has_no_bound_on_its_lift(forty):
    found = one_of(forty, flag([1] * 20 + [0] * 60))
    assert found.lift == float("inf")
    assert (found.explained, found.other_risk) == (1.0, 0.0)
    assert found.slower_ms == 100


def test_what_quick_requests_have_explains_nothing(forty):
    found = one_of(forty, flag([0] * 20 + [1] * 40 + [0] * 20))
    assert found.explained == 0
    assert associated(forty, [found]) == []


def test_samples_count_for_those_they_stand_for(seen):
    weight = np.array([1.0] * 20 + [9.0] * 20)
    found = one_of(
        seen([110.0] * 20 + [10.0] * 20, [1] * 20 + [0] * 20, weight=weight),
        flag([1] * 10 + [0] * 10 + [1] * 5 + [0] * 15),
    )
    assert found.rest_share == 0.25
    assert found.risk == pytest.approx(10 / (10 + 45))


def test_a_number_is_a_flag_from_the_median_of_slow_requests_on(forty):
    found = one_of(forty, number([*range(100, 120), *range(60)]))
    assert (found.typical, found.other) == (109.5, 29.5)
    assert (found.slow_share, found.rest_share) == (0.5, 0.0)
    assert found.p_value < 1e-6


def test_a_number_that_is_smaller_in_slow_requests_is_no_reason(forty):
    assert one_of(forty, number([*range(20), *range(100, 160)])).p_value == 1


def test_a_number_unknown_for_one_side_is_no_reason(forty):
    for values in ([np.nan] * 20 + [*range(60)], [*range(20)] + [np.nan] * 60):
        assert one_of(forty, number(values)).p_value == 1


def test_no_more_than_is_certain_is_reported(forty):
    found = one_of(forty, flag([1] * 15 + [0] * 5 + [1] * 15 + [0] * 45))
    doubtful = Association(**(vars(found) | {"q_value": FALSE_DISCOVERIES * 1.01}))
    certain = Association(**(vars(found) | {"q_value": FALSE_DISCOVERIES}))
    assert associated(forty, [doubtful]) == []
    assert [one.title for one in associated(forty, [certain])] == ["x = v"]


def q(found):
    return [Association(**(vars(one) | {"q_value": one.p_value})) for one in found]


def test_features_of_the_same_requests_are_one_named_by_the_attribute(forty):
    has = [1] * 18 + [0] * 2 + [1] * 2 + [0] * 58
    features = [
        flag(has, "shop: retry", "structure", None),
        flag(has, "host", value="b"),
        flag(has, "zone", value="z"),
    ]
    (one,) = associated(forty, q(associations.tested(forty, features)))
    assert one.title == "host = b"
    assert set(one.names) == {"zone = z", "shop: retry"}


def test_what_another_feature_explains_names_it(seen):
    """Tenant x is mostly on host b; on each host it is as often slow as others."""
    host = np.array([1] * 200 + [0] * 200)
    tenant = np.array(([1] * 80 + [0] * 20) * 2 + [1] * 40 + [0] * 160)
    slow = np.array([1] * 100 + [0] * 300)
    requests = seen(np.where(slow, 200.0, 10.0), slow)
    found = associated(
        requests, q(associations.tested(requests, [flag(tenant, "tenant"), flag(host, "host")]))
    )
    assert [(one.feature.name, one.behind) for one in found] == [
        ("host", ""),
        ("tenant", "host = v"),
    ]


def test_of_a_number_and_its_largest_tenth_what_explains_more_stays(forty):
    values = np.array([*range(100, 120), *range(60)], float)
    large = Feature(name="n", value="100 or more", kind="number", has=values >= 100)
    found = associated(forty, q(associations.tested(forty, [number(values), large])))
    assert [one.feature.value for one in found] == ["100 or more"]


def test_no_feature_is_no_association(forty):
    assert associations.tested(forty, []) == []
    assert associated(forty, []) == []


@given(has=st.lists(st.booleans(), min_size=30, max_size=30), slow=st.integers(1, 29))
@settings(max_examples=60)
def test_a_flag_and_its_opposite_share_the_slow_requests(seen, has, slow):
    requests = seen(np.arange(30.0)[::-1], np.arange(30) < slow)
    if all(has) or not any(has):
        return
    one, other = (one_of(requests, flag(np.array(has) == value)) for value in (True, False))
    assert one.slow_share + other.slow_share == pytest.approx(1)
    assert one.slow_has + other.slow_has == slow
    assert (one.risk, one.other_risk) == (other.other_risk, other.risk)
    assert one.p_value == pytest.approx(other.p_value)
    assert min(one.explained, other.explained) == 0
