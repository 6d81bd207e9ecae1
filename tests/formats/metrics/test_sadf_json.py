"""sadf -j: what sysstat 12.6 exported, and the same as sadf -d."""

import json

from perfkit.formats.metrics import sadf_csv
from perfkit.formats.metrics.sadf_json import BROKEN, FORMAT


def test_it_tells_what_the_csv_tells(written, parsed, readings):
    found = readings(parsed(FORMAT, written("sadf.json")))
    same = readings(parsed(sadf_csv.FORMAT, written("sadf_d.csv")))
    told = {row[:3]: row[3:] for row in found}
    both = {row[:3]: row[3:] for row in same if row[:3] in told}
    assert {key: told[key] for key in both} == both
    names = {name for _, _, name in both}
    assert {"cpu.utilisation", "memory.utilisation", "load.1m", "sar.runq-sz"} <= names


def test_disks_interfaces_and_processors_are_there(written, parsed, values):
    result = parsed(FORMAT, written("sadf.json"))
    assert values(result, 'sar.await{device="vda"}') == [0.00025, 0.00037, 0.0]
    assert values(result, 'network.receive{interface="eth0"}') == [0.0] * 3
    assert values(result, "cpu.cores") == [2.0] * 3


def test_a_record_is_one_look_with_its_own_bytes(written, parsed):
    data = written("sadf.json")
    result = parsed(FORMAT, data)
    raw = result.tables["metrics"]["attributes"][0].as_py()
    assert (result.lines, raw in data) == (3, True)
    assert json.loads(raw)["timestamp"]["time"] == "21:37:18"


def test_local_times_name_no_zone(written, parsed, readings, kinds):
    data = written("sadf.json").replace(b'"utc": 1', b'"utc": 0')
    result = parsed(FORMAT, data, zone="+01:00")
    assert readings(result, "cpu.utilisation")[0][0] == "2026-11-21 20:37:18"
    assert kinds(result) == ["timezone_assumed"]


def test_what_is_broken_is_rejected(written, parsed):
    result = parsed(FORMAT, written("sadf.json")[:-40])
    assert [(bad.line, bad.reason) for bad in result.rejected] == [(1, BROKEN)]
    data = written("sadf.json").replace(b'"date": "2026-11-21", "time": "21:37:18"', b'"date": 5')
    result = parsed(FORMAT, data)
    assert (result.lines, result.rejected_lines, result.used) == (3, 1, 2)
