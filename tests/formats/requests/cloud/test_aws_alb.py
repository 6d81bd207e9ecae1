from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.formats.requests.cloud.aws_alb import FORMAT

AT = datetime(2026, 11, 21, 10, tzinfo=UTC)


def line_of(kind, asked, upstream_ms, agent):
    """Write a line as the documentation says."""
    method, path, status, size, ms, client = asked
    ms = max(ms, upstream_ms)
    end = AT + timedelta(milliseconds=ms)
    times = f"{(ms - upstream_ms) / 1000:.3f} {upstream_ms / 1000:.3f} 0.000"
    return ms, (
        f"{kind} {end:%Y-%m-%dT%H:%M:%S.%fZ} app/shop/50dc {client}:80 10.0.0.1:80 {times} "
        f'{status:03} {status:03} 34 {size} "{method} https://shop.test:443{path} HTTP/2.0" '
        f'"{agent}" - - arn "Root=1-58337262-36d228ad5d99923122bbe354" "-" "-" 0 '
        f'{AT:%Y-%m-%dT%H:%M:%S.%fZ} "forward" "-" "-" "10.0.0.1:80" "{status}" "-" "-" TID_1'
    )


@given(data=st.data())
def test_what_is_written_is_read(asked, rows, data):
    one = data.draw(asked)
    upstream = data.draw(st.integers(0, 10**6))
    agent = data.draw(st.sampled_from(["-", "curl", 'a \\"b\\" c', "a (b; c)", "x\\x22y"]))
    kind = data.draw(st.sampled_from(["http", "https", "h2", "grpcs", "ws", "wss"]))
    ms, line = line_of(kind, one, upstream, agent)
    (row,) = rows(FORMAT, line)
    method, path, status, size, _, client = one
    assert (row["method"], row["path"], row["status"]) == (method, path, status)
    assert (row["response_bytes"], row["client"], row["service"]) == (size, client, "shop.test")
    assert row["duration_ms"] == pytest.approx(ms, abs=1e-6)
    assert row["upstream_ms"] == pytest.approx(upstream)
    assert row["started_at"] == AT


def test_what_the_log_says_of_failures(written, rows):
    found = rows(FORMAT, *written("aws_alb.log").splitlines())
    assert [row["status"] for row in found] == [200, 504, 503, 400, 101, 200, 502]
    # The target was given up after a minute: that is what passed, and unknown of the target.
    assert (found[1]["duration_ms"], found[1]["upstream_ms"]) == (60_001.0, None)
    assert (found[3]["method"], found[3]["path"], found[3]["service"]) == (None, None, None)
    assert found[6]["error"] == "LambdaInvalidResponse"
    assert [row["error"] for row in found[:6]] == [None] * 6


def test_older_lines_have_fewer_fields(written, rows):
    new = rows(FORMAT, *written("aws_alb.log").splitlines())
    old = rows(FORMAT, *written("aws_alb_old.log").splitlines())
    same = ("method", "path", "status", "service", "client", "upstream_ms")
    assert [[row[name] for name in same] for row in old] == [
        [row[name] for name in same] for row in new
    ]
    assert old[0]["started_at"] == new[0]["started_at"]
    assert (old[1]["duration_ms"], old[0]["duration_ms"]) == (None, 250.0)


@pytest.mark.parametrize("count", [0, 1, 5, 8, 9, 12])
def test_any_number_of_fields_may_follow(written, rows, count):
    lines = written("aws_alb.log").decode().splitlines()
    behind = [
        '"-"',
        '"200"',
        '"-"',
        '"-"',
        "TID_1",
        '"-"',
        '"-"',
        '"-"',
        "10.0.0.9",
        '"x"',
        "y",
        "z",
    ]
    cut = [
        line[: line.index(' "10.0.0.1:80" "') if ' "10.0.0.1:80" "' in line else None]
        for line in lines
    ]
    whole = [" ".join([cut[0], *behind[:count]]), " ".join([cut[5], *behind[:count]])]
    first, second = rows(FORMAT, *whole)
    assert (first["duration_ms"], second["duration_ms"]) == (250.0, 8.0)
    assert f"{first['started_at']:%H:%M:%S}" == "10:00:00"


def test_lines_of_both_kinds_may_follow_each_other(written, rows):
    new, old = (written(name).splitlines()[0] for name in ("aws_alb.log", "aws_alb_old.log"))
    found = rows(FORMAT, old, new, new, old)
    assert [row["duration_ms"] for row in found] == [250.0] * 4
    assert [row["line"] for row in found] == [1, 2, 3, 4]
