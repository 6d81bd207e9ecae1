import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.formats.requests.apps.application_log import FORMAT as APPLICATION
from perfkit.formats.requests.cloud.heroku_router import FORMAT

STAMP = "2026-11-21T10:00:00.250000+00:00 heroku[router]: "
BARE = (
    'at=info method=GET path="/a" host=shop.test request_id=r-1 fwd="192.0.2.4" dyno=web.1 '
    "connect=1ms service=18ms status=200 bytes=13 protocol=https"
)


@given(data=st.data())
def test_what_is_written_is_read(asked, rows, data):
    method, path, status, size, ms, client = data.draw(asked)
    path += data.draw(st.sampled_from(["", '" status=200', " service=7ms", "&dyno=web.9"]))
    connect = data.draw(st.integers(0, 5000))
    failed = data.draw(st.sampled_from(["", 'code=H18 desc="Server Request Interrupted" ']))
    sock = data.draw(st.sampled_from(["", "sock=backend "]))
    tail = data.draw(st.sampled_from(["", " protocol=https", " protocol=http1.1 tls=true"]))
    (row,) = rows(
        FORMAT,
        f'{STAMP}{sock}at=x {failed}method={method} path="{path}" host=shop.test request_id=r-1 '
        f'fwd="{client},10.1.1.1" dyno=web.1 connect={connect}ms service={ms}ms status={status} '
        f"bytes={size}{tail}",
    )
    assert (row["method"], row["path"], row["status"]) == (method, path, status)
    assert (row["response_bytes"], row["client"], row["service"]) == (size, client, "shop.test")
    assert (row["duration_ms"], row["upstream_ms"]) == (connect + ms, ms)
    assert (row["error"], row["request_id"]) == ("H18" if failed else None, "r-1")


def test_failures_have_their_code_and_unknown_times_stay_unknown(written, rows):
    found = rows(FORMAT, *written("heroku_router.log").splitlines())
    assert [row["error"] for row in found] == [None, "H12", "H10", "H18", "H27", None]
    assert [row["duration_ms"] for row in found] == [19.0, 30_000.0, None, 710.0, 1.0, 33.0]
    assert (found[2]["response_bytes"], found[2]["client"]) == (None, "2001:db8::5")
    assert f"{found[0]['started_at']:%H:%M:%S.%f}" == "10:00:00.231000"
    assert found[5]["path"] == "/old"


def test_what_was_given_up_after_30_s_is_noted(written, parsed):
    lines = written("heroku_router.log").splitlines()
    assert [n.kind for n in parsed(FORMAT, b"\n".join(lines)).notes] == ["censored"]
    assert not parsed(FORMAT, b"\n".join(lines[2:])).notes


def test_bare_lines_have_no_time_which_is_noted(parsed):
    result = parsed(FORMAT, BARE.encode())
    assert result.tables["requests"]["started_at"].to_pylist() == [None]
    assert [note.kind for note in result.notes] == ["times_unknown"]


def test_lines_of_dynos_are_irrelevant_and_halves_are_rejected(parsed, accounts):
    lines = [STAMP + BARE, "app[web.1]: method=GET path=/a status=200", STAMP + BARE[:70], BARE]
    result = parsed(FORMAT, "\n".join(lines).encode())
    accounts(result, 4)
    assert (result.used, result.irrelevant) == (2, 1)
    assert [bad.line for bad in result.rejected] == [3]


@pytest.mark.parametrize("before", ["", STAMP])
def test_it_is_surer_than_the_format_of_any_logfmt(before):
    head = (before + BARE).encode()
    assert FORMAT.recognises(head).confidence > APPLICATION.recognises(head).confidence + 0.1


def test_other_logfmt_is_not_the_routers():
    line = b"at=info method=GET path=/a status=200 duration=12ms\n"
    assert FORMAT.recognises(line).confidence == 0
