import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.formats.requests.cloud.cloudfront import FORMAT

FIELDS = [
    "date", "time", "x-edge-location", "sc-bytes", "c-ip", "cs-method", "cs(Host)", "cs-uri-stem",
    "sc-status", "cs-uri-query", "x-edge-result-type", "x-edge-request-id", "x-host-header",
    "time-taken", "x-edge-detailed-result-type", "origin-lbl",
]  # fmt: skip


@given(data=st.data())
def test_what_is_written_is_read_whatever_the_order_of_columns(asked, rows, data):
    method, path, status, size, ms, client = data.draw(asked)
    order = data.draw(st.permutations(FIELDS))
    result = data.draw(st.sampled_from(["Hit", "Miss", "RefreshHit", "Error", "LimitExceeded"]))
    query = data.draw(st.sampled_from(["-", "page=2"]))
    values = {
        "date": "2026-11-21", "time": "10:00:00", "x-edge-location": "FRA50-C1",
        "sc-bytes": str(size), "c-ip": client, "cs-method": method, "cs(Host)": "d1.cloudfront.net",
        "cs-uri-stem": path, "sc-status": f"{status:03}", "cs-uri-query": query,
        "x-edge-result-type": result, "x-edge-request-id": "id==", "x-host-header": "-",
        "time-taken": f"{ms / 1000:.3f}", "x-edge-detailed-result-type": "Detail",
        "origin-lbl": "0.007",
    }  # fmt: skip
    (row,) = rows(FORMAT, "#Fields: " + " ".join(order), "\t".join(values[name] for name in order))
    assert row["path"] == path + ("" if query == "-" else "?page=2")
    assert (row["method"], row["status"], row["client"]) == (method, status, client)
    assert (row["response_bytes"], row["service"]) == (size, "d1.cloudfront.net")
    assert (row["duration_ms"], row["upstream_ms"]) == (pytest.approx(ms), 7.0)
    assert (row["cache_status"], row["request_id"]) == (result.lower(), "id==")
    assert row["error"] == ("Detail" if result in {"Error", "LimitExceeded"} else None)


def test_failures_say_why(written, rows):
    found = rows(FORMAT, *written("cloudfront.log").splitlines())
    assert [row["error"] for row in found] == [
        None, None, "OriginConnectError", "ClientCommError", None, None,
    ]  # fmt: skip
    assert [row["status"] for row in found] == [200, 200, 504, 0, 304, 201]
    assert found[1]["path"] == "/a%2520b"


def test_only_columns_of_an_edge_are_cloudfronts(written):
    assert FORMAT.recognises(written("cloudfront.log")).confidence > 0.9
    assert FORMAT.recognises(b"#Fields: date time cs-method\n").confidence == 0
    assert FORMAT.recognises(b"x-edge-location x-edge-result-type\n").confidence == 0
