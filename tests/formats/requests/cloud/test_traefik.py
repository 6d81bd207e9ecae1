import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.formats.requests.access.access_log import FORMAT as ACCESS
from perfkit.formats.requests.cloud.traefik import FORMAT


@given(data=st.data())
def test_what_is_written_is_read(asked, rows, data):
    method, path, status, size, ms, client = data.draw(asked)
    router = data.draw(st.sampled_from(["shop@docker", "-", "api@internal"]))
    (row,) = rows(
        FORMAT,
        f'{client} - bob [21/Nov/2026:11:00:00 +0100] "{method} {path} HTTP/2.0" {status} {size} '
        f'"-" "a \\"b\\"" 7 "{router}" "http://172.18.0.3:8000" {ms}ms',
    )
    assert (row["method"], row["path"], row["status"]) == (method, path, status)
    assert (row["response_bytes"], row["client"]) == (size, client)
    assert (row["duration_ms"], row["service"]) == (ms, None if router == "-" else router)
    assert f"{row['started_at']:%H:%M:%S}" == "10:00:00"


def test_what_traefik_logs_itself_is_irrelevant(written, parsed, accounts):
    result = parsed(FORMAT, written("traefik.log"))
    accounts(result, 5)
    assert (result.used, result.irrelevant) == (4, 1)


def test_the_count_of_requests_is_no_duration(written):
    head = written("traefik.log")
    assert ACCESS.recognises(head).confidence == 0
    assert FORMAT.recognises(head).confidence > 0.9


@pytest.mark.parametrize("end", ["", ' 1 "-" "-"', " 0.250", ' 1 "-" "-" 12 ms'])
def test_other_servers_lines_are_not_traefiks(end):
    line = f'::1 - - [21/Nov/2026:11:00:00 +0100] "GET / HTTP/1.1" 200 5 "-" "x"{end}\n'
    assert FORMAT.recognises(line.encode()).confidence == 0


def test_a_line_that_is_cut_off_is_rejected(written, parsed):
    data = written("traefik.log").splitlines()[0]
    result = parsed(FORMAT, data + b"\n" + data[:80])
    assert [bad.line for bad in result.rejected] == [2]
