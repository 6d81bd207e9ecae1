import random

import pytest

from perfkit.formats.registry import formats
from perfkit.formats.requests.apps.deployments import FORMAT

DATA = (
    b"\xef\xbb\xbfversion,deployed_at,service,note\n"
    b'v1,2026-11-21T10:00:00Z,web,"two\nlines"\n'
    b"v2,,web,\n\n"
    b"v3,2026-11-21T12:00:00Z,,x\n"
)


def test_each_row_with_a_time_is_a_deployment(parsed, accounts):
    result = parsed(FORMAT, DATA)
    accounts(result, 6)
    rows = result.tables["events"].to_pylist()
    assert [(row["kind"], row["message"], row["line"]) for row in rows] == [
        ("deploy", "deploy web v1", 2),
        ("deploy", "deploy v3", 6),
    ]
    assert rows[0]["at"].isoformat() == "2026-11-21T10:00:00+00:00"
    assert [bad.line for bad in result.rejected] == [4]


def test_it_is_recognised_by_this_format_alone():
    sure = {item.name: item.recognises(DATA).confidence for item in formats()}
    assert sure.pop("deployments-csv") == 0.95
    assert max(sure.values()) == 0.0


@pytest.mark.parametrize("data", [b"", b"version,at\n1,2\n", b"deployed_at\n", b"{}\n"])
def test_other_tables_are_not_claimed(data):
    assert FORMAT.recognises(data).confidence == 0.0


def test_naive_times_are_read_in_the_zone_and_chunks_change_nothing(parsed):
    data = b"deployed_at;version\n" + b"2026-11-21 10:00:00;v1\n" * 50
    whole = parsed(FORMAT, data, zone="Europe/Berlin")
    assert whole.tables["events"]["at"][0].as_py().hour == 9
    assert [note.kind for note in whole.notes] == ["timezone_assumed"]
    cut = parsed(FORMAT, data, size=200, zone="Europe/Berlin")
    assert cut.tables["events"].to_pylist() == whole.tables["events"].to_pylist()


@pytest.mark.parametrize("seed", range(4))
def test_mutated_bytes_never_raise(parsed, accounts, seed):
    chance = random.Random(seed)
    data = bytearray(DATA * 5)
    for _ in range(20):
        place = chance.randrange(40, len(data))
        data[place : place + 2] = chance.choice([b"\0", b"\xff", b"\n", b'"', b",", b"\r"])
    broken = bytes(data)
    lines = broken.replace(b"\r\n", b"\n").count(b"\n") + (broken[-1:] != b"\n")
    accounts(parsed(FORMAT, broken), lines)
