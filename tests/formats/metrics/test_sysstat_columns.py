"""The columns of sysstat: names and base units."""

import pytest

from perfkit.formats.metrics.sysstat_columns import quantities, value_of


@pytest.mark.parametrize(
    ("column", "text", "value", "unit"),
    [
        ("%user", "12.50", 0.125, "1"),
        ("%user", "12,50", 0.125, "1"),
        ("%user", "12.5%", 0.125, "1"),
        ("kbmemfree", "10", 10_240, "bytes"),
        ("kbmemfree", "1.5G", 1.5 * 2**30, "bytes"),
        ("MBfsfree", "2", 2 * 2**20, "bytes"),
        ("wkB/s", "3.00", 3072, "bytes/s"),
        ("wkB/s", "3.0k", 3072, "bytes/s"),
        ("pgpgin/s", "1", 1024, "bytes/s"),
        ("bread/s", "2", 1024, "bytes/s"),
        ("rd_sec/s", "2", 1024, "bytes/s"),
        ("areq-sz", "4", 4096, "bytes"),
        ("avgrq-sz", "8", 4096, "bytes"),
        ("await", "1.5", 0.0015, "s"),
        ("cswch/s", "1093.00", 1093, "1/s"),
        ("runq-sz", "7", 7, "1"),
        ("degC", "45.00", 45, None),
    ],
)
def test_values_are_in_base_units(column, text, value, unit):
    found = value_of(column, text)
    assert found == pytest.approx(value)
    assert quantities([column], {column: found}, "")[0].unit == unit


@pytest.mark.parametrize("text", ["", "LINUX", "nan", "-", "k", "1.2.3k"])
def test_what_is_no_number_is_none(text):
    assert value_of("kbmemfree", text) is None


@pytest.mark.parametrize(
    ("column", "label", "name"),
    [
        ("DEV", "vda", 'disk.utilisation{device="vda"}'),
        ("IFACE", "eth0", 'network.receive{interface="eth0"}'),
    ],
)
def test_devices_are_in_the_name(column, label, name):
    values = {"%util": 0.5} if column == "DEV" else {"rxkB/s": 1024.0}
    assert [one.name for one in quantities([column, *values], values, label)] == [name]


def test_only_the_row_of_all_processors_is_the_use_of_the_host():
    values = {"%idle": 0.5, "%iowait": 0.25}
    told = {label: quantities(["CPU", *values], values, label) for label in ("all", "0")}
    assert [q.value for q in told["all"] if q.name == "cpu.utilisation"] == [0.25]
    assert [q.name for q in told["0"]] == ['sar.%idle{cpu="0"}', 'sar.%iowait{cpu="0"}']


def test_available_memory_is_not_used():
    values = {"kbmemused": 250.0, "%memused": 0.25, "kbavail": 600.0, "kbcached": 100.0}
    told = {one.name: one.value for one in quantities(list(values), values, "")}
    assert (told["memory.used"], told["memory.utilisation"]) == (400.0, 0.4)


def test_before_there_was_available_memory_caches_were_in_the_used():
    values = {"kbmemused": 900.0, "%memused": 0.9, "kbbuffers": 100.0, "kbcached": 500.0}
    told = {one.name: one.value for one in quantities(list(values), values, "")}
    assert (told["memory.used"], told["memory.utilisation"]) == (300.0, 0.3)
