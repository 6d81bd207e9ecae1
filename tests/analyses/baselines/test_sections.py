import pytest

from perfkit.analyses.baseline import baseline


def section(result, beginning):
    (found,) = (t for title, t in result.sections.items() if title.startswith(beginning))
    return found.to_pylist()


@pytest.fixture
def result(built):
    rows = [
        {"route": "/a", "status": status, "duration_ms": 1000.0 * n}
        for n, status in enumerate([200, 200, 302, 404, 404, 499, 500, 0, 101, 5000, None])
    ]
    rows += [{"route": "/b", "status": 204, "duration_ms": 50.0}]
    return baseline(built(requests=rows))


def test_statuses_are_counted_by_class(result):
    rows = section(result, "Requests by class of status")
    assert [row.pop("route") for row in rows] == ["(all routes)", "/a", "/b"]
    assert rows[1] == {"2xx": 2, "3xx": 1, "4xx": 3, "5xx": 1, "other": 3, "unknown": 1}
    assert rows[0]["2xx"] == 3
    assert rows[2] == dict.fromkeys(rows[1], 0) | {"2xx": 1}


def test_every_status_is_counted_with_its_meaning(result):
    rows = [row for row in section(result, "Requests by status") if row["route"] == "/a"]
    found = {row["status"]: (row["requests"], row["meaning"]) for row in rows}
    assert found == {
        200: (2, "OK"),
        404: (2, "Not Found"),
        0: (1, "no answer"),
        101: (1, "Switching Protocols"),
        302: (1, "Found"),
        499: (1, "the client gave up (nginx)"),
        500: (1, "Internal Server Error"),
        None: (1, "no status of HTTP"),
    }
    assert sum(row["share"] for row in rows) == pytest.approx(1)
    assert any("given up by the client" in caveat for caveat in result.caveats)


def test_bands_are_shares_of_the_requests_with_a_duration(result):
    rows = {row["route"]: row for row in section(result, "Latency bands: instant below 100 ms")}
    assert rows["/a"]["instant_pct"] == pytest.approx(100 / 10)
    assert rows["/a"]["broken_pct"] == pytest.approx(700 / 10)
    assert rows["(all routes)"]["requests"] == 11  # that which became a WebSocket has none
    assert rows["/b"]["instant_pct"] == 100


def test_hits_and_misses_of_a_cache_stand_apart(built):
    rows = [{"route": "/a", "cache_status": "hit", "duration_ms": 2.0}] * 80
    rows += [{"route": "/a", "cache_status": "miss", "duration_ms": 200.0}] * 20
    rows += [{"route": "/a", "duration_ms": 999.0}]
    found = section(baseline(built(requests=rows)), "By cache status")
    assert [(r["cache_status"], r["requests"], r["p50_ms"]) for r in found] == [
        ("miss", 20, 200.0),
        ("hit", 80, 2.0),
    ]


def test_time_in_the_backend_stands_beside_the_time_at_the_proxy(built):
    rows = [{"route": "/a", "duration_ms": 100.0, "upstream_ms": 10.0}] * 100
    rows += [{"route": "/a", "duration_ms": 5000.0}, {"route": "/b", "duration_ms": 1.0}]
    (row,) = section(baseline(built(requests=rows)), "Time in the backend")
    assert (row["route"], row["requests"]) == ("/a", 100)
    assert (row["upstream_p95_ms"], row["proxy_p95_ms"]) == (10.0, 100.0)
    assert row["outside_share"] == pytest.approx(0.9)


def test_requests_that_were_sent_are_left_out_and_told_by_peer(built):
    rows = [{"route": "/a", "duration_ms": 5.0}] * 10
    rows += [{"kind": "client", "peer": "bank", "duration_ms": 90.0, "status": 503}] * 3
    rows += [{"kind": "client", "peer": "mail", "duration_ms": 9.0, "status": 200}] * 4
    result = baseline(built(requests=rows))
    assert result.totals["requests"] == 10
    found = section(result, "Sent requests by peer")
    assert [(r["peer"], r["requests"], r["errors"]) for r in found] == [
        ("bank", 3, 3),
        ("mail", 4, 0),
    ]
    assert any("7 requests that were sent" in caveat for caveat in result.caveats)


def test_where_only_sent_requests_are_known_they_are_the_baseline(built):
    rows = [{"kind": "client", "peer": "bank", "path": "/pay", "duration_ms": 90.0}] * 3
    result = baseline(built(requests=rows))
    assert result.totals["requests"] == 3
    assert not any("left out" in caveat for caveat in result.caveats)


def test_what_is_not_known_has_no_section(built):
    result = baseline(built(requests=[{"route": "/a"}]))
    assert set(result.sections) <= {"Rules checked"}
