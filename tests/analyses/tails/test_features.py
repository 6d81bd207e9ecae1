"""What becomes a feature: values that repeat and quantities, never identifiers or durations."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.analyses.tails.features import (
    FEWEST,
    MOST_NAMES,
    MOST_VALUES,
    of_attributes,
    of_columns,
    of_numbers,
    of_time,
)

S = 1_000_000_000


def column(values, name="x", count=None):
    pairs = [(n, value) for n, value in enumerate(values) if value is not None]
    return of_columns({name: pairs}, count or len(values))


def test_a_value_is_a_feature_of_those_that_have_it():
    found = column(["a"] * 15 + ["b"] * 12 + [None] * 13)
    assert [(one.name, one.value, one.kind, int(one.has.sum())) for one in found] == [
        ("x", "a", "attribute", 15),
        ("x", "b", "attribute", 12),
    ]
    assert found[1].has.tolist() == [False] * 15 + [True] * 12 + [False] * 13


def test_what_all_have_or_hardly_any_is_no_feature():
    assert column(["a"] * 40) == []
    assert [one.value for one in column(["a"] * (FEWEST - 1) + ["b"] * 31)] == ["b"]
    assert column(["a"] * (FEWEST - 1), count=100) == []


def test_a_value_of_every_other_request_is_an_identifier():
    ids = [f"u{n // 2}" for n in range(60)]
    assert column(ids + ["a"] * 20 + [f"v{n}" for n in range(20)]) == []
    assert [one.value for one in column(["a"] * 50 + [f"v{n}" for n in range(20)])] == ["a"]


def test_only_the_most_frequent_values_are_looked_at():
    values = [f"v{n:02d}" for n in range(30) for _ in range(10 + n)]
    assert [one.value for one in column(values)] == [f"v{29 - n:02d}" for n in range(MOST_VALUES)]


@pytest.mark.parametrize(
    "name",
    ["duration", "http.duration_ms", "took", "response_time", "traceId", "order_uuid", "span_id",
     "thread.name", "net.peer.port", "start_time", "elapsed", "runtime_seconds"],
)  # fmt: skip
def test_durations_moments_and_ids_are_no_features(name):
    assert column(["a"] * 20 + ["b"] * 20, name) == []


@pytest.mark.parametrize(
    "name", ["host.name", "deployment.environment", "cart.items", "runtime.name"]
)
def test_names_that_only_look_so_are(name):
    assert len(column(["a"] * 20 + ["b"] * 20, name)) == 2


def test_few_numbers_are_values_and_many_a_quantity():
    few = column([1, 2, 3, 4] * 15)
    assert {one.value for one in few} == {"1", "2", "3", "4"}
    many = column(list(range(100)))
    assert [(one.kind, one.value) for one in many] == [("number", None), ("number", "89.1 or more")]
    assert many[1].has.tolist() == [False] * 90 + [True] * 10


def test_true_is_a_value_and_no_one():
    assert {one.value for one in column([True] * 20 + [False] * 20)} == {"true", "false"}


def test_unknown_numbers_stay_unknown():
    first = column([*range(50), *[None] * 50])[0]
    assert np.isnan(first.numbers[50:]).all()
    assert first.has.tolist() == [True] * 50 + [False] * 50


def test_keys_are_no_quantities():
    assert column([10**9 + 7 * n for n in range(100)]) == []
    assert column([n * 31 for n in range(100)], "customer_id") == []
    assert column([10**9 + n % 30 for n in range(100)]) != []  # they repeat


def test_numbers_that_no_float_holds_are_unknown():
    assert column([n * 1e302 + 1e301 for n in range(40)]) == []
    (one, *_) = column([10**400] * 3 + list(range(60)))
    assert np.isnan(one.numbers[:3]).all()


def test_only_the_most_used_names_are_looked_at():
    columns = {f"n{n:03d}": [(m, str(m % 2)) for m in range(20 + n)] for n in range(MOST_NAMES + 5)}
    names = {one.name for one in of_columns(columns, 1000)}
    assert len(names) == MOST_NAMES
    assert "n004" not in names
    assert "n005" in names


def test_lists_and_objects_of_attributes_are_left_out(seen, monkeypatch):
    found = seen([1.0] * 40, [True] * 20 + [False] * 20)
    said = [
        {"a": "x" if n % 2 else "y", "b": [n % 2], "c": {"d": n % 2}, "e": None} for n in range(40)
    ]
    monkeypatch.setitem(vars(found), "attributes", said)
    assert {one.name for one in of_attributes(found)} == {"a"}


def test_control_characters_of_a_value_are_made_visible():
    (one, _) = column(["\x1b[31m" * 200] * 20 + ["b"] * 20)
    assert "\x1b" not in one.value
    assert len(one.value) <= 201


def test_a_number_that_is_always_the_same_tells_nothing():
    same, other = np.full(5, 2.0), np.array([0.0, 1, 2, 3, 4])
    found = of_numbers({"same": same, "other": other, "none": np.zeros(0)})
    assert [one.name for one in found] == ["other"]
    assert found[0].has.tolist() == [False, True, True, True, True]


def test_every_request_is_in_one_of_twelve_parts_of_the_time(seen):
    found = of_time(seen(np.ones(240), [False] * 240))
    assert len(found) == 12
    assert sum(one.has.astype(int) for one in found).tolist() == [1] * 240
    assert [int(one.has.sum()) for one in found] == [20] * 12


def test_one_clock_at_1970_does_not_make_up_a_time(seen):
    begin = 1_790_000_000 * S
    started = np.array([1, *(begin + n * S for n in range(100))])
    (found,) = of_time(seen(np.ones(101), [False] * 101, started=started))
    low, high = found.value.split(" to ")
    assert low.startswith("2021-12-3")
    assert np.datetime64(begin + 99 * S, "ns").astype("datetime64[s]").item().strftime("%X") == high


def test_requests_of_one_moment_have_no_parts(seen):
    assert of_time(seen(np.ones(40), [False] * 40, started=np.full(40, 5))) == []


scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3)


@given(values=st.lists(scalars, min_size=1, max_size=60))
def test_whatever_is_in_a_column_no_feature_is_of_all_or_of_hardly_any(values):
    for one in column(values):
        assert len(one.has) == len(values)
        assert one.has.sum() >= FEWEST
        assert one.has.sum() < len(values) or one.numbers is not None
