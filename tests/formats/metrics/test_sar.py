"""sar: what sysstat 12.6 printed in several locales, live and from its files."""

import pytest

from perfkit.formats.metrics.sar import FORMAT, recognises

BEGIN = "Linux 6.1.0-13-amd64 (shop-1) \t{} \t_x86_64_\t(2 CPU)\n\n"
HEADER = "{} CPU     %user     %nice   %system   %iowait    %steal     %idle\n"
ROW = "{} all     10.00      0.00     5.00      5.00      0.00      80.00\n"


def report(*times, day="2026-11-21"):
    rows = "".join(map(ROW.format, times[1:]))
    return (BEGIN.format(day) + HEADER.format(times[0]) + rows).encode()


@pytest.mark.parametrize("name", ["sar_c.txt", "sar_us.txt", "sar_de.txt", "sar_gb.txt"])
def test_locales_tell_the_same(name, written, parsed, readings, values):
    result = parsed(FORMAT, written(name))
    cpu = readings(result, "cpu.utilisation")
    assert cpu[0] == ("2026-11-21 21:37:18", "shop-1", "cpu.utilisation", 1.0, "1")
    assert values(result, "cpu.cores") == [2.0]
    first = {row[2]: row[3] for row in readings(result) if row[0] == "2026-11-21 21:37:18"}
    assert first.get('sar.%user{cpu="all"}', first.get('sar.%usr{cpu="all"}')) == pytest.approx(
        0.766, abs=0.005
    )
    assert first["sar.kbmemfree"] == 17823900 * 1024


def test_memory_and_load_are_those_of_proc(written, parsed, readings, values):
    result = parsed(FORMAT, written("sar_c.txt"))
    used, share = (values(result, f"memory.{name}") for name in ("used", "utilisation"))
    assert [u / s / 1024 for u, s in zip(used, share, strict=True)] == pytest.approx(
        [24684092] * 5, rel=1e-3
    )
    assert [values(result, f"load.{minutes}m")[0] for minutes in (1, 5, 15)] == [7.0, 7.58, 6.16]
    assert share[0] == pytest.approx(1 - 21950108 / 24684092, abs=1e-3)


@pytest.mark.parametrize(("name", "used"), [("sar_c.txt", 1 + 5 * 5), ("sar_de.txt", 1 + 2 * 4)])
def test_averages_blank_lines_and_headers_are_irrelevant(name, used, written, parsed, accounts):
    data = written(name)
    result = parsed(FORMAT, data)
    accounts(result, data.count(b"\n"))
    assert (result.used, result.rejected_lines) == (used, 0)


def test_a_pretty_report_has_devices_in_the_last_column(written, parsed, values):
    result = parsed(FORMAT, written("sar_de.txt"))
    assert values(result, 'sar.wkB/s{device="vda"}') == [4 * 1024, 908 * 1024]


def test_human_readable_values_are_read(written, parsed, values):
    assert values(parsed(FORMAT, written("sar_human.txt")), 'sar.%user{cpu="all"}') == [
        0.766,
        0.779,
    ]


def test_every_processor_has_its_own_series(written, parsed, values):
    result = parsed(FORMAT, written("sar_gb.txt"))
    assert values(result, 'sar.%user{cpu="0"}')[0] == 0.5941
    assert values(result, 'sar.%user{cpu="1"}')[0] == 0.94


def test_restarts_and_comments_are_irrelevant(parsed, values):
    data = report("21:00:00", "21:10:00") + (
        b"\n21:20:01     LINUX RESTART\t(4 CPU)\n\n21:25:00  COM 3 users gone\n"
        b"21:26:00     NEUSTART\t(4 CPU)\n"
    )
    result = parsed(FORMAT, data + (HEADER + ROW).format("21:30:00", "21:40:00").encode())
    assert (len(values(result, "cpu.utilisation")), result.rejected_lines) == (2, 0)
    assert values(result, "cpu.utilisation") == [0.15, 0.15]


def test_reports_behind_each_other_have_their_own_day(parsed, readings):
    data = report("21:00:00", "21:10:00") + report("08:00:00", "08:10:00", day="2026-11-22")
    for size in (None, 1):
        times = [row[0] for row in readings(parsed(FORMAT, data, size=size), "cpu.utilisation")]
        assert times == ["2026-11-21 21:10:00", "2026-11-22 08:10:00"]


def test_rows_that_are_not_those_of_the_header_are_rejected(parsed):
    data = report("21:00:00", "21:10:00") + b"21:20:00 all 1.00 2.00\nkilled\n"
    assert [bad.reason for bad in parsed(FORMAT, data).rejected] == [
        "its values are not those of the header",
        "it is no line of sar",
    ]


def test_without_its_first_line_a_report_has_no_times(parsed, readings, kinds):
    data = report("21:00:00", "21:10:00").partition(b"\n")[2]
    result = parsed(FORMAT, data)
    assert (readings(result)[0][0], kinds(result)) == (None, ["no_times"])


def test_a_report_without_readings_is_irrelevant(parsed):
    result = parsed(FORMAT, BEGIN.format("2026-11-21").encode())
    assert (result.lines, result.irrelevant, result.tables) == (2, 2, {})


def test_other_reports_of_sysstat_are_not_taken():
    iostat = BEGIN.format("11/21/26") + "avg-cpu:  %user   %nice %system %iowait  %steal   %idle\n"
    assert recognises(iostat.encode()).confidence == 0
    assert recognises(report("21:00:00", "21:10:00")).confidence > 0.9
