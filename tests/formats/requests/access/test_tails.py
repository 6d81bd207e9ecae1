"""Numbers behind the usual columns of access logs."""

import pytest

from perfkit.formats.requests.access.tails import guesses, integer_unit
from perfkit.formats.requests.access.tokens import Column


def guessed(*columns, sizes=("0", "0", "0")):
    found = {
        at: Column(" ", "", "bare", tuple(values.split("|")), several=False)
        for at, values in enumerate(columns)
    }
    return {at: (one.role, one.unit) for at, one in guesses(found, sizes).items()}


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        (["0.001|0.020|1.500"], {0: ("duration", "s")}),
        (["0.120|0.020|-", "0.121|0.020|0.000"], {0: ("upstream", "s"), 1: ("duration", "s")}),
        (["0.5|1.5|2.5"], {}),
        (["2.51|-|3.10"], {}),
        (["0.350|0.001|0.002", "7|8|9"], {0: ("duration", "s")}),
        (["1200|350|80"], {0: ("duration", "us")}),
        (["0|0|3"], {0: ("duration", "s")}),
        (["3|40|200"], {0: ("duration", "ms")}),
        (["0|0|1", "1200|3500|1200300"], {1: ("duration", "us")}),
        (["1200|3500|1200300", "0|0|1"], {0: ("duration", "us")}),
        (["HIT|MISS|-"], {0: ("cache_status", "")}),
        (["|".join(["0123456789abcdef0123456789abcdef"] * 3)], {0: ("request_id", "")}),
        (["-|-|-"], {}),
        (["gzip|br|-"], {}),
    ],
)
def test_guesses(columns, expected):
    assert guessed(*columns) == expected


def test_bytes_received_and_sent_are_no_times():
    sizes = ("100", "5000", "0")
    assert guessed("250|300|180", "420|5300|240", sizes=sizes) == {}
    with_us = guessed("250|300|180", "420|5300|240", "900|5000|120", sizes=sizes)
    assert with_us == {2: ("duration", "us")}


@pytest.mark.parametrize(
    ("values", "unit"),
    [
        ([85, 120, 40_000], "us"),
        ([2, 9, 250], "ms"),
        ([0, 0, 1, 4], "s"),
        ([0, 90_000], "us"),
        ([], "s"),
    ],
)
def test_units_of_whole_durations(values, unit):
    assert integer_unit(values) == unit
