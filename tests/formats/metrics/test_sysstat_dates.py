"""Dates as the locales write them."""

from datetime import date

import pytest

from perfkit.formats.metrics.sysstat_dates import read_day


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-21",
        "2026/11/21",
        "2026年11月21日",
        "2026. 11. 21.",
        "11/21/2026",
        "11/21/26",
        "21/11/26",
        "21/11/2026",
        "21.11.2026",
        "21.11.26",
        "21. 11. 2026",
        "21-11-2026",
    ],
)
def test_a_day_above_twelve_leaves_no_doubt(text):
    found = read_day(text)
    assert date.fromordinal(found.number) == date(2026, 11, 21)
    assert not found.doubtful


@pytest.mark.parametrize(
    ("text", "twelve_hours", "day"),
    [
        ("10/11/26", False, date(2026, 10, 11)),
        ("10/11/2026", True, date(2026, 10, 11)),
        ("10/11/2026", False, date(2026, 11, 10)),
    ],
)
def test_a_doubtful_date_is_read_by_the_clock_beside_it(text, twelve_hours, day):
    found = read_day(text, twelve_hours=twelve_hours)
    assert (date.fromordinal(found.number), found.doubtful) == (day, True)


def test_dots_and_equal_numbers_leave_no_doubt():
    assert date.fromordinal(read_day("10.11.2026").number) == date(2026, 11, 10)
    assert not read_day("10.11.2026").doubtful
    assert not read_day("11/11/26").doubtful


@pytest.mark.parametrize("text", ["", "today", "31/31/2026", "2026-02-30", "00/00/00", "1/2/3/4"])
def test_what_is_no_date_is_none(text):
    assert read_day(text) is None
