import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.formats.requests.cloud.cloudflare import FORMAT

NS = 1_795_255_200_000_000_000  # 2026-11-21T10:00:00Z
BASE = {"ClientRequestHost": "shop.test", "RayID": "3a60", "EdgeResponseStatus": 200}


def line(**values):
    return json.dumps(BASE | values)


@given(data=st.data())
def test_what_is_written_is_read(asked, rows, data):
    method, path, status, size, ms, client = data.draw(asked)
    begin = NS + data.draw(st.integers(1, 999)) * 1_000_000
    stamps = data.draw(st.sampled_from([int, "{}".format]))
    (row,) = rows(
        FORMAT,
        line(
            ClientIP=client, ClientRequestMethod=method, ClientRequestURI=path,
            EdgeResponseStatus=status, EdgeResponseBytes=size, EdgeStartTimestamp=stamps(begin),
            EdgeEndTimestamp=stamps(begin + ms * 1_000_000), CacheCacheStatus="HIT",
        ),
    )  # fmt: skip
    assert (row["method"], row["path"], row["status"]) == (method, path, status)
    assert (row["response_bytes"], row["client"], row["cache_status"]) == (size, client, "hit")
    if stamps is int:
        assert row["duration_ms"] == ms


def test_times_may_be_text_or_numbers(written, rows):
    found = rows(FORMAT, *written("cloudflare.jsonl").splitlines())
    assert [row["duration_ms"] for row in found] == [250.0, 30.0, 34.0, None]
    assert [f"{row['started_at']:%S.%f}" for row in found] == [
        "00.005000", "01.005000", "02.000000", "03.000000",
    ]  # fmt: skip
    assert [row["upstream_ms"] for row in found] == [200.0, 20.0, None, None]
    assert found[3]["status"] == 522


def test_that_durations_are_first_bytes_is_noted_only_where_they_are(written, parsed):
    lines = written("cloudflare.jsonl").splitlines()
    assert [n.kind for n in parsed(FORMAT, b"\n".join(lines)).notes] == ["first_byte"]
    assert not parsed(FORMAT, b"\n".join(lines[:2])).notes


@pytest.mark.parametrize(
    ("values", "upstream"),
    [
        ({"OriginResponseDurationMs": 0, "OriginResponseStatus": 200}, 0.0),
        ({"OriginResponseDurationMs": 0, "OriginResponseStatus": 0}, None),
        ({"OriginResponseDurationMs": -1, "OriginResponseStatus": 200}, None),
        ({"OriginResponseTime": 5_000_000}, 5.0),
        ({}, None),
    ],
)
def test_what_the_origin_took_is_unknown_where_none_was_asked(rows, values, upstream):
    (row,) = rows(FORMAT, line(EdgeStartTimestamp=NS, EdgeEndTimestamp=NS, **values))
    assert row["upstream_ms"] == upstream


def test_lines_of_other_datasets_are_irrelevant_and_broken_ones_rejected(parsed, accounts):
    data = [line(), '{"Datetime": 1, "Action": "block"}', line()[:40], "[1]", '{"RayID": 5}', ""]
    result = parsed(FORMAT, "\n".join(data).encode() + b"\n")
    accounts(result, 6)
    assert (result.used, result.irrelevant) == (1, 2)
    assert [bad.line for bad in result.rejected] == [3, 4, 5]


def test_json_lines_of_others_are_not_recognised():
    assert FORMAT.recognises(line(EdgeStartTimestamp=NS).encode()).confidence > 0.9
    for other in (b'{"RayID": "x", "event": "y"}\n', b"RayID EdgeStartTimestamp\n", b"{}\n"):
        assert FORMAT.recognises(other).confidence == 0
