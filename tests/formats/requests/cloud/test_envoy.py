import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.formats.requests.cloud.envoy import FORMAT

#: What is written behind the flags: Envoy, and Istio from 1.0 to now.
BETWEEN = {
    "Envoy": "",
    "Istio 1.1": '"-" ',
    "Istio 1.4": '"-" "-" ',
    "Istio 1.10": 'via_upstream - "-" ',
}
BEHIND = {
    "Envoy": "",
    "Istio 1.1": " outbound|80||shop - 10.0.0.1:80 10.0.0.2:4444",
    "Istio 1.4": " outbound|80||shop - 10.0.0.1:80 10.0.0.2:4444 - default",
    "Istio 1.10": " inbound|80|| 127.0.0.6:3 [::1]:80 10.0.0.2:4444 outbound_.80_._.shop default",
}


@pytest.mark.parametrize("version", BETWEEN)
@given(data=st.data())
def test_what_is_written_is_read(asked, rows, version, data):
    method, path, status, size, ms, client = data.draw(asked)
    flags = data.draw(st.sampled_from(["-", "UF,URX", "UT", "DC", "NR"]))
    upstream = data.draw(st.none() | st.integers(0, 10**6))
    (row,) = rows(
        FORMAT,
        f'[2026-11-21T10:00:00.310Z] "{method} {path} HTTP/2" {status} {flags} {BETWEEN[version]}'
        f'0 {size} {ms} {"-" if upstream is None else upstream} "{client}, 10.0.0.1" '
        f'"a (b; c)" "id-1" "shop.test" "10.0.2.1:80"{BEHIND[version]}',
    )
    assert (row["method"], row["path"], row["status"]) == (method, path, status)
    assert (row["response_bytes"], row["duration_ms"]) == (size, ms)
    assert (row["upstream_ms"], row["client"]) == (upstream, client)
    assert row["error"] == (None if flags == "-" else flags)
    assert (row["request_id"], row["service"]) == ("id-1", "shop.test")
    assert f"{row['started_at']:%H:%M:%S.%f}" == "10:00:00.310000"


def test_a_request_without_answer_has_code_0_and_unknown_upstream_time(written, rows):
    found = rows(FORMAT, *written("envoy_default.log").splitlines())
    assert [(row["status"], row["error"]) for row in found] == [
        (200, None), (503, "UF,URX"), (504, "UT"), (0, "DC"), (404, "NR"), (400, "DPE"),
    ]  # fmt: skip
    assert [row["upstream_ms"] for row in found] == [25.0] + [None] * 5
    assert (found[5]["method"], found[5]["path"]) == (None, None)


def test_lines_of_the_proxy_itself_and_of_connections_are_irrelevant(written, parsed, accounts):
    result = parsed(FORMAT, written("envoy_istio.log"))
    accounts(result, 5)
    assert (result.used, result.irrelevant, result.rejected_lines) == (3, 2, 0)
    assert parsed(FORMAT, written("envoy_default.log")).irrelevant == 1


def test_lines_of_both_layouts_may_follow_each_other(written, rows):
    default, istio = (
        written(name).splitlines() for name in ("envoy_default.log", "envoy_istio.log")
    )
    found = rows(FORMAT, default[0], istio[1], istio[3], default[1])
    assert [row["duration_ms"] for row in found] == [26.0, 26.0, 126.0, 15_003.0]


def test_a_quote_in_a_user_agent_is_not_its_end(written, rows):
    line = written("envoy_default.log").splitlines()[0]
    (row,) = rows(FORMAT, line.replace(b"curl/7.88", b'a "b" c'))
    assert (row["duration_ms"], row["service"]) == (26.0, "shop.test")


def test_a_line_that_is_cut_off_is_rejected(written, parsed):
    line = written("envoy_default.log").splitlines()[0]
    result = parsed(FORMAT, line + b"\n" + line[:60])
    assert [bad.line for bad in result.rejected] == [2]
