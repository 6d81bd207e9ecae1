"""Every format of readings: any chunk size gives the same, no bytes raise, content decides."""

import gzip
import pickle
import random

import pytest

import perfkit
from perfkit.formats.registry import formats, named

FILES = {
    "cloudwatch.csv": "cloudwatch-metrics-csv",
    "cloudwatch_data.json": "cloudwatch-metrics-json",
    "cloudwatch_statistics.json": "cloudwatch-metrics-json",
    "docker_lines.jsonl": "docker-stats",
    "docker_stream.txt": "docker-stats",
    "docker_table.txt": "docker-stats",
    "grafana.csv": "grafana-csv",
    "prometheus_counters.json": "prometheus-json",
    "prometheus_expression.json": "prometheus-json",
    "prometheus_gauges.json": "prometheus-json",
    "prometheus_samples.json": "prometheus-json",
    "prometheus_vector.json": "prometheus-json",
    "sadf.json": "sadf-json",
    "sadf_d.csv": "sadf-csv",
    "sadf_epoch.csv": "sadf-csv",
    "sadf_local.csv": "sadf-csv",
    "sar_c.txt": "sar",
    "sar_de.txt": "sar",
    "sar_gb.txt": "sar",
    "sar_human.txt": "sar",
    "sar_midnight_file.txt": "sar",
    "sar_midnight_live.txt": "sar",
    "sar_us.txt": "sar",
    "vmstat_plain.txt": "vmstat",
    "vmstat_screens.txt": "vmstat",
    "vmstat_times.txt": "vmstat",
    "vmstat_wide.txt": "vmstat",
}


def told(result):
    found = {name: table.to_pylist() for name, table in result.tables.items()}
    account = (result.used, result.irrelevant, result.rejected_lines, result.lines)
    return found, account, result.rejected


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("size", [1, 64, 700])
def test_any_size_of_chunks_gives_the_same(name, size, written, parsed):
    item, data = named(FILES[name]), written(name)
    whole, pieces = parsed(item, data), parsed(item, data, size=size)
    assert told(pieces) == told(whole)
    assert set(pieces.notes) == set(whole.notes)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("size", [1, 700])
def test_several_files_behind_each_other_can_be_cut_anywhere(name, size, written, parsed):
    item, data = named(FILES[name]), written(name) * 3
    whole = parsed(item, data)
    assert told(parsed(item, data, size=size)) == told(whole)
    assert whole.used > parsed(item, written(name)).used


@pytest.mark.parametrize("name", FILES)
def test_nothing_of_a_whole_file_is_rejected(name, written, parsed, accounts):
    result = parsed(named(FILES[name]), written(name))
    accounts(result, result.lines)
    assert result.rejected_lines == 0
    assert result.used > 0


@pytest.mark.parametrize("name", [name for name in FILES if not name.endswith(".json")])
@pytest.mark.parametrize("ends", [b"\n", b"\r\n"])
def test_lines_are_accounted_for_with_either_line_end(name, ends, written, parsed, accounts):
    data = written(name).replace(b"\n", ends)
    result, plain = (parsed(named(FILES[name]), given) for given in (data, written(name)))
    accounts(result, data.count(b"\n") + (not data.endswith(b"\n")))
    assert result.tables["metrics"]["value"].equals(plain.tables["metrics"]["value"])
    assert result.tables["metrics"]["at"].equals(plain.tables["metrics"]["at"])


@pytest.mark.parametrize("name", FILES)
def test_damaged_bytes_are_rejected_and_accounted_for(name, written, parsed, accounts):
    item, data = named(FILES[name]), written(name)
    chance = random.Random(name)
    for _ in range(60):
        damaged = bytearray(data)
        for _ in range(chance.randrange(1, 12)):
            at = chance.randrange(len(damaged))
            damaged[at] = chance.choice(b'\0\n\r",{}[]:;%\xff\xc3019a-')
        end = chance.randrange(1, len(damaged) + 1)
        item.recognises(bytes(damaged[:end]))
        result = parsed(item, bytes(damaged[:end]), size=chance.choice([64, 1 << 20]))
        accounts(result, result.lines)


@pytest.mark.parametrize("name", FILES)
def test_values_are_finite_and_shares_are_shares(name, written, parsed, readings):
    for _, _, series, value, unit in readings(parsed(named(FILES[name]), written(name))):
        assert value >= 0
        assert value <= 1 or not series.endswith(".utilisation")
        assert unit in {"1", "s", "bytes", "bytes/s", "1/s", None}


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_loaded_by_its_content_alone_packed_or_not(name, written, tmp_path):
    plain, packed = tmp_path / "result", tmp_path / "other.gz"
    plain.write_bytes(written(name))
    packed.write_bytes(gzip.compress(written(name)))
    first, second = perfkit.load(plain), perfkit.load(packed)
    assert first.inputs[0].format == second.inputs[0].format == FILES[name]
    assert first.inputs[0].used == second.inputs[0].used > 0
    assert first.arrow("metrics").num_rows > 0


@pytest.mark.parametrize("name", FILES)
def test_no_other_format_takes_it(name, written):
    sure = {item.name: item.recognises(written(name)).confidence for item in formats()}
    assert [other for other, value in sure.items() if value >= 0.4] == [FILES[name]]


@pytest.mark.parametrize("name", sorted(set(FILES.values())))
def test_a_format_travels_to_other_processes(name):
    assert pickle.loads(pickle.dumps(named(name))) == named(name)
