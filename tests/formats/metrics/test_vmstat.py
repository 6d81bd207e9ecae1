"""vmstat: what procps-ng 4.0.2 wrote into files."""

import pytest

from perfkit.formats.metrics.vmstat import FORMAT, recognises

HEADER = (
    "procs -----------memory---------- ---swap-- -----io---- -system-- ------cpu-----\n"
    " r  b   swpd   free   buff  cache   si   so    bi    bo   in   cs us sy id wa st\n"
)


def lines(*runs):
    """Return one line per number, which is what ``r`` says."""
    row = " {}  0      0 1000  10 20    1    2     3    4  5 6 10 20 60 8  2\n"
    return "".join(HEADER + "".join(map(row.format, run)) for run in runs)


def test_columns_are_told_in_base_units(written, parsed, readings):
    found = readings(parsed(FORMAT, written("vmstat_times.txt")))
    assert found[:18] == [
        ("2026-11-21 21:37:18", None, *told)
        for told in [
            ("vmstat.r", 8.0, "1"),
            ("vmstat.b", 0.0, "1"),
            ("vmstat.swpd", 0.0, "bytes"),
            ("vmstat.free", 18039284.0 * 1024, "bytes"),
            ("vmstat.buff", 65780.0 * 1024, "bytes"),
            ("vmstat.cache", 4474816.0 * 1024, "bytes"),
            ("vmstat.si", 0.0, "bytes/s"),
            ("vmstat.so", 0.0, "bytes/s"),
            ("vmstat.bi", 260.0 * 1024, "bytes/s"),
            ("vmstat.bo", 4.0 * 1024, "bytes/s"),
            ("vmstat.in", 638.0, "1/s"),
            ("vmstat.cs", 1109.0, "1/s"),
            ("vmstat.us", 0.77, "1"),
            ("vmstat.sy", 0.23, "1"),
            ("vmstat.id", 0.0, "1"),
            ("vmstat.wa", 0.0, "1"),
            ("vmstat.st", 0.0, "1"),
            ("cpu.utilisation", 1.0, "1"),
        ]
    ]


def test_the_first_line_tells_of_the_time_since_boot(written, parsed, values, accounts):
    result = parsed(FORMAT, written("vmstat_times.txt"))
    accounts(result, 7)
    assert (result.irrelevant, result.used) == (3, 4)
    assert 16.0 not in values(result, "vmstat.r")


def test_headers_are_repeated_for_every_screen(written, parsed, values):
    data = written("vmstat_screens.txt")
    assert data.count(b"procs") == 3
    assert len(values(parsed(FORMAT, data), "vmstat.r")) == 45


def test_a_header_behind_few_lines_begins_a_run(parsed, values):
    data = lines([9, 1, 2], [9, 3], [9, 4, 5]).encode()
    assert values(parsed(FORMAT, data), "vmstat.r") == [1, 2, 3, 4, 5]


def test_the_last_screen_of_a_run_is_shorter(parsed, values):
    full, rest = [*range(21)], [*range(50, 62)]
    data = lines(full, full, rest, full).encode()
    assert values(parsed(FORMAT, data), "vmstat.r") == [*full[1:], *full, *rest, *full[1:]]


@pytest.mark.parametrize("size", [1, 90, 400])
def test_runs_are_told_apart_in_any_chunks(size, parsed, values):
    data = lines([*range(37)], [*range(37)], [*range(37)], [0, 1]).encode()
    whole = values(parsed(FORMAT, data), "vmstat.r")
    assert values(parsed(FORMAT, data, size=size), "vmstat.r") == whole
    assert len(whole) == 36 + 36 + 37 + 2


def test_without_times_a_note_says_what_to_do(written, parsed, readings, kinds):
    result = parsed(FORMAT, written("vmstat_plain.txt"))
    assert {row[0] for row in readings(result)} == {None}
    assert kinds(result) == ["unit_inferred", "no_times"]


def test_wide_columns_and_other_ones_are_found_by_name(written, parsed, values):
    result = parsed(FORMAT, written("vmstat_wide.txt"))
    assert values(result, "vmstat.inact") == [3350 * 1024] * 2
    assert values(result, "vmstat.gu") == [0.0, 0.0]


def test_waiting_for_input_is_no_use_of_the_processor(parsed, values):
    assert values(parsed(FORMAT, lines([0, 1]).encode()), "cpu.utilisation") == [0.32]


@pytest.mark.parametrize(
    ("zone", "tz", "at", "noted"),
    [
        ("UTC", "Europe/Berlin", "2026-11-21 21:37:18", False),
        ("CET", "Europe/Berlin", "2026-11-21 20:37:18", True),
        ("CET", None, "2026-11-21 21:37:18", True),
    ],
)
def test_times_are_in_the_zone_of_the_user_unless_utc(
    zone, tz, at, noted, written, parsed, readings, kinds
):
    data = written("vmstat_times.txt").replace(b"UTC", zone.encode())
    result = parsed(FORMAT, data, zone=tz)
    assert readings(result)[0][0] == at
    assert ("timezone_assumed" in kinds(result)) is noted


def test_a_broken_line_is_rejected(parsed):
    data = (lines([0, 1]) + " 1  0  0 1000 10\nvmstat: error\n").encode()
    result = parsed(FORMAT, data)
    assert [bad.reason for bad in result.rejected] == [
        "its values are not those of the header",
        "it is no line of vmstat",
    ]


def test_other_reports_of_vmstat_are_not_taken():
    disks = b"disk- ------------reads------------ ------------writes-----------\n"
    assert recognises(disks).confidence == 0
    assert recognises(HEADER.encode()).confidence > 0.9
