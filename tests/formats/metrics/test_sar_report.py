"""The times of a report: midnight, clocks, zones and dates."""

import pytest

from perfkit.formats.metrics.sar import FORMAT

BEGIN = "Linux 6.1.0-13-amd64 (shop-1) \t{} \t_x86_64_\t(2 CPU)\n\n"
HEADER = "{} CPU     %user     %nice   %system   %iowait    %steal     %idle\n"
ROW = "{} all     10.00      0.00     5.00      5.00      0.00      80.00\n"


def report(*times, day="2026-11-21"):
    rows = "".join(map(ROW.format, times[1:]))
    return (BEGIN.format(day) + HEADER.format(times[0]) + rows).encode()


@pytest.mark.parametrize("name", ["sar_midnight_live.txt", "sar_midnight_file.txt"])
def test_readings_go_on_behind_midnight(name, written, parsed, readings):
    result = parsed(FORMAT, written(name))
    for series in ("cpu.utilisation", "load.1m"):
        assert [row[0] for row in readings(result, series)] == [
            "2026-11-21 23:59:58",
            "2026-11-21 23:59:59",
            "2026-11-22 00:00:00",
            "2026-11-22 00:00:01",
            "2026-11-22 00:00:02",
        ]


def test_a_clock_that_is_set_back_an_hour_stays_on_its_day(parsed, readings):
    data = report("02:40:01", "02:50:01", "02:00:01", "02:10:01", day="2026-10-25")
    times = [row[0] for row in readings(parsed(FORMAT, data), "cpu.utilisation")]
    assert times == [f"2026-10-25 {at}" for at in ("02:50:01", "02:00:01", "02:10:01")]


@pytest.mark.parametrize(
    ("time", "at"),
    [
        ("12:00:05 AM", "00:00:05"),
        ("12:00:05 PM", "12:00:05"),
        ("01:00:05 p.m.", "13:00:05"),
        ("11:59:59\u202fPM", "23:59:59"),
        ("21.37.17", "21:37:17"),
        ("9:37:17", "09:37:17"),
    ],
)
def test_clocks_of_twelve_and_twenty_four_hours(time, at, parsed, readings):
    result = parsed(FORMAT, report(time, time))
    assert readings(result, "cpu.utilisation")[0][0] == f"2026-11-21 {at}"


def test_times_are_in_the_zone_of_the_user(parsed, readings, kinds):
    result = parsed(FORMAT, report("21:00:00", "21:10:00"), zone="Europe/Berlin")
    assert readings(result, "cpu.utilisation")[0][0] == "2026-11-21 20:10:00"
    assert kinds(result) == ["timezone_assumed"]


def test_a_doubtful_date_is_said(parsed, kinds, readings):
    result = parsed(FORMAT, report("21:00:00", "21:10:00", day="10/11/26"))
    assert "date_inferred" in kinds(result)
    assert readings(result)[0][0] == "2026-10-11 21:10:00"
    result = parsed(FORMAT, report("09:00:00 PM", "09:10:00 PM", day="10/11/2026"))
    assert readings(result)[0][0] == "2026-10-11 21:10:00"
