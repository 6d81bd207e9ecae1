"""Every format of load tests: any chunk size gives the same, and no bytes raise."""

import gzip
import pickle
import random

import pytest

import perfkit
from perfkit.formats.registry import named

FILES = {
    "k6_points.json": "k6-json",
    "k6_points_before_0_41.json": "k6-json",
    "k6_points.csv": "k6-csv",
    "k6_summary_export.json": "k6-summary",
    "k6_handle_summary.json": "k6-summary",
    "k6_machine_readable.json": "k6-summary",
    "locust_stats.csv": "locust-stats",
    "locust_history.csv": "locust-history",
    "locust_failures.csv": "locust-errors",
    "locust_exceptions.csv": "locust-errors",
    "locust.json": "locust-json",
    "locust_twin.json": "locust-json",
    "locust_stats_twin.csv": "locust-stats",
    "wrk_runs.txt": "wrk",
    "wrk2_latency.txt": "wrk",
}


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("size", [1, 64, 700])
def test_any_size_of_chunks_gives_the_same(name, size, written, parsed):
    item, data = named(FILES[name]), written(name)
    whole, pieces = parsed(item, data), parsed(item, data, size=size)
    assert {n: t.to_pylist() for n, t in pieces.tables.items()} == {
        n: t.to_pylist() for n, t in whole.tables.items()
    }
    assert (pieces.used, pieces.irrelevant, pieces.rejected_lines, pieces.lines) == (
        whole.used,
        whole.irrelevant,
        whole.rejected_lines,
        whole.lines,
    )
    assert set(pieces.notes) == set(whole.notes)


@pytest.mark.parametrize("name", FILES)
def test_damaged_bytes_are_rejected_and_accounted_for(name, written, parsed, accounts):
    item, data = named(FILES[name]), written(name)
    chance = random.Random(name)
    for _ in range(60):
        damaged = bytearray(data)
        for _ in range(chance.randrange(1, 12)):
            at = chance.randrange(len(damaged))
            damaged[at] = chance.choice(b'\0\n\r",{}[]:\xff\xc3019a-')
        end = chance.randrange(1, len(damaged) + 1)
        item.recognises(bytes(damaged[:end]))
        result = parsed(item, bytes(damaged[:end]))
        accounts(result, result.lines)


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_loaded_by_its_content_alone_packed_or_not(name, written, tmp_path):
    plain, packed = tmp_path / "result", tmp_path / "other.gz"
    plain.write_bytes(written(name))
    packed.write_bytes(gzip.compress(written(name)))
    first, second = perfkit.load(plain), perfkit.load(packed)
    assert first.inputs[0].format == second.inputs[0].format == FILES[name]
    assert first.inputs[0].used == second.inputs[0].used > 0


@pytest.mark.parametrize("name", sorted(set(FILES.values())))
def test_a_format_travels_to_other_processes(name):
    assert pickle.loads(pickle.dumps(named(name))) == named(name)


def test_scripts_and_control_characters_stay_text(parsed, table):
    line = b'{"metric":"http_req_duration","type":"Point","data":{"value":1,"tags":'
    line += b'{"url":"http://shop/<script>alert(1)</script>?\\u0000\\u001b[31m"}}}'
    row = table(parsed(named("k6-json"), line), "requests")[0]
    assert row["path"] == "/<script>alert(1)</script>?\0\x1b[31m"
