"""Lines that HAProxy 2.6 wrote of requests that were sent to it, and lines as it documents them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.formats.model import Chunk
from perfkit.formats.requests.cloud.haproxy import FORMAT


def escaped(text):
    """Escape as the manual's section 8.6 says."""
    return "".join(
        f"#{byte:02X}" if byte in b'"#' or not 32 <= byte <= 126 else chr(byte)
        for byte in text.encode()
    )


@given(data=st.data())
def test_what_is_written_is_read(asked, rows, data):
    method, path, status, size, ms, client = data.draw(asked)
    path += data.draw(st.sampled_from(["", "#", '"', "é", "#22", "{|}"]))
    early = data.draw(st.sampled_from(["", "+"]))
    response = data.draw(st.integers(-1, 10**6))
    captured = data.draw(st.sampled_from(["", "{a b|c} ", "{} {x#22} "]))
    behind = data.draw(st.sampled_from(["", " 0/0/0/0/0 shop/TLSv1.3/TLS_AES_256_GCM_SHA384"]))
    (row,) = rows(
        FORMAT,
        f"{client}:33317 [06/Feb/2026:12:14:14.655] http-in static/srv1 0/0/1/{response}/{early}"
        f"{ms} {status} {early}{size} - sid=1 ---- 1/1/1/1/+0 0/0 {captured}"
        f'"{method} {escaped(path)} HTTP/1.1"{behind}',
        zone="Europe/Berlin",
    )
    assert (row["method"], row["path"], row["status"]) == (method, path, status)
    assert (row["response_bytes"], row["client"], row["service"]) == (size, client, "static")
    assert row["duration_ms"] == ms
    assert row["upstream_ms"] == (None if response < 0 else response)
    assert row["error"] is None
    assert f"{row['started_at']:%d %H:%M:%S.%f}" == "06 11:14:14.655000"


def test_real_lines_say_how_long_the_server_was_asked_to_take(written, parsed, accounts):
    result = parsed(FORMAT, written("haproxy.log"))
    accounts(result, 25)
    assert (result.used, result.irrelevant) == (24, 1)  # one connection of option tcplog
    rows = result.tables["requests"].to_pylist()
    asked = [
        (row, int(row["path"].split("ms=")[1])) for row in rows if "ms=" in (row["path"] or "")
    ]
    answered = [(row, ms) for row, ms in asked if row["error"] is None]
    assert len(answered) == 11
    assert all(ms <= row["upstream_ms"] <= row["duration_ms"] <= ms + 30 for row, ms in answered)


def test_real_failures_have_the_termination_state(written, rows):
    found = rows(FORMAT, *written("haproxy.log").splitlines())
    failed = {row["path"]: (row["status"], row["error"], row["upstream_ms"]) for row in found}
    assert failed["/slow?ms=900"] == (504, "sH", None)
    assert failed["/drop"] == (502, "SH", None)
    assert failed["/dead"] == (503, "SC", None)
    assert failed["/deny"] == (403, None, None)  # refused, as configured
    assert failed["/local"] == (200, None, None)
    assert failed[None] == (400, None, None)  # what was no request is a row without a path


def test_http_2_and_lines_that_were_too_long_have_paths(written, rows):
    found = [row["path"] for row in rows(FORMAT, *written("haproxy.log").splitlines())]
    assert found.count("/secure?ms=30") == 2
    assert any(path and path.startswith("/long/aaaa") for path in found)


def test_notes_say_what_limits(written, parsed):
    kinds = [note.kind for note in parsed(FORMAT, written("haproxy.log")).notes]
    assert kinds == ["timezone_assumed", "first_byte"]
    late = b"".join(
        line + b"\n" for line in written("haproxy.log").splitlines() if b"/+" not in line
    )
    assert [note.kind for note in parsed(FORMAT, late).notes] == ["timezone_assumed"]


@pytest.mark.parametrize(
    ("now", "then"), [(b".628]", b".6x8]"), (b"0/0/0/3/3 ", b"0/0/0/3/x "), (b" 200 ", b" 2x0 ")]
)
def test_a_value_that_is_no_number_rejects_the_line(written, parsed, now, then):
    line = written("haproxy.log").splitlines()[0]
    result = parsed(FORMAT, line + b"\n" + line.replace(now, then) + b"\n" + line)
    assert result.used == 2
    assert result.irrelevant + result.rejected_lines == 1


@pytest.mark.parametrize(
    ("state", "status", "error"),
    [
        ("----", 200, None),
        ("sH--", 504, "sH"),
        ("SC--", 503, "SC"),
        ("PH--", 502, "PH"),
        ("PR--", 400, None),  # a bad request was refused
        ("PR--", 503, "PR"),  # no server for it
        ("CD--", 200, None),  # the client left
        ("cR--", 408, None),
    ],
)
def test_what_the_client_did_is_no_failure(state, status, error):
    line = (
        "127.0.0.1:60354 [21/Nov/2026:21:45:43.817] web api/a1 0/0/1/8/9 "
        f'{status} 120 - - {state} 2/2/0/0/0 0/0 "GET /a HTTP/1.1"\n'
    )
    (row,) = FORMAT.parse(Chunk.whole(line.encode())).tables["requests"].to_pylist()
    assert (row["status"], row["error"]) == (status, error)
