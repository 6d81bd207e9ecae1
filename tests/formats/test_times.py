from datetime import UTC, datetime

import pytest

from perfkit.formats.times import read_times

AT = datetime(2026, 11, 21, 2, 3, 4, 500_000, tzinfo=UTC)


@pytest.mark.parametrize(
    "value",
    [
        "2026-11-21T02:03:04.5Z",
        "2026-11-21 02:03:04.500+00:00",
        "2026-11-21T03:03:04.500000+01:00",
        1795226584.5,
        1795226584500,
        1795226584500000,
        1795226584500000000,
        "1795226584.5",
    ],
)
def test_a_time_is_the_same_however_it_is_written(value):
    times = read_times([value, None], None)
    assert [t and t.to_pydatetime(warn=False) for t in times.array.to_pylist()] == [AT, None]
    assert not times.naive


def test_a_time_without_a_zone_is_read_in_the_zone_given():
    times = read_times(["2026-11-21T03:03:04,5"], "Europe/Berlin")
    assert times.naive
    assert times.array.to_pylist()[0] == AT


@pytest.mark.parametrize("value", ["", "soon", True, {}, 12, -1, 1e300, float("nan"), 1 << 70])
def test_what_is_no_time_is_unknown(value):
    assert read_times([value], None).array.null_count == 1
