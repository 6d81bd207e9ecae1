"""How times are written, beside what datetime writes."""

import re
from datetime import UTC, datetime

import pytest

from perfkit.formats.requests.access.clocks import fixed_width, has_only_known, pattern_of

AT = datetime(2026, 2, 3, 4, 5, 6, 789000, tzinfo=UTC)
FORMATS = [
    "%d/%b/%Y:%H:%M:%S %z",
    "%Y-%m-%dT%H:%M:%S",
    "%A, %d %B %Y %I:%M %p",
    "%j %y 100%%",
    "%H:%M:%S.%f",
]


@pytest.mark.parametrize("unit", FORMATS)
def test_a_pattern_matches_what_its_format_writes(unit):
    text = AT.strftime(unit)
    assert re.fullmatch(pattern_of(unit), text)
    assert fixed_width(unit) in {0, len(text)}


@pytest.mark.parametrize("unit", ["%d/%b/%Y:%H:%M:%S %z", "%Y-%m-%dT%H:%M:%S", "clf"])
def test_most_times_are_equally_long(unit):
    assert fixed_width(unit) == len(AT.strftime("%d/%b/%Y:%H:%M:%S %z" if unit == "clf" else unit))


@pytest.mark.parametrize(
    "text", ["2026-02-03T04:05:06+01:00", "2026-02-03 04:05:06.789Z", "2026-02-03T04:05:06"]
)
def test_iso_times_match(text):
    assert re.fullmatch(pattern_of("iso"), text)


def test_numbers_have_no_pattern_of_their_own():
    assert pattern_of("s") == ""
    assert fixed_width("iso") == 0


def test_unknown_directives_are_told():
    assert has_only_known("%Y-%m-%d")
    assert not has_only_known("%Y-%Q")
    assert not has_only_known("sec")
