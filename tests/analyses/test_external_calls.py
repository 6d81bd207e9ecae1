import json
import math

import pytest

import perfkit
from perfkit.analyses.external_calls import external_calls
from perfkit.recording import Recording


def attributes(**names):
    return json.dumps({key.replace("__", "."): value for key, value in names.items()}).encode()


@pytest.fixture
def result(built, traces_built):
    def write(trace, n):
        trace.http("http://me:secret@pay:80/charge/7?card=4111", 10.0 + n, status=200)
        trace.sql("SELECT a FROM b WHERE c = 'private'", 4.0)
        if n % 10 == 0:
            trace.http("http://pay/charge/7", 20.0, status=404, error="404")
            trace.redis("GET user:17", 0.5, error="ConnectionError")
        trace.span("tick", 2.0)

    return external_calls(built(spans=traces_built.several(write, 100)))


def test_there_is_a_row_per_peer_and_kind_the_longest_first(result):
    table = result.table.set_index("peer")
    assert list(table.index) == ["pay", "db", "cache"]
    assert list(table["kind"]) == ["http", "db", "cache"]
    assert list(table["service"]) == ["shop"] * 3
    assert list(table["calls"]) == [110, 100, 10]
    assert list(table["errors"]) == [0, 0, 10]
    assert table["error_rate"]["cache"] == 1.0
    assert table["max_ms"]["pay"] == pytest.approx(109)
    assert table["total_ms"]["db"] == pytest.approx(400)


def test_percentiles_of_few_calls_have_no_interval(result):
    table = result.table.set_index("peer")
    assert table["p50_ms"]["pay"] == pytest.approx(54.5, abs=6)
    assert not math.isnan(table["p95_low_ms"]["pay"])
    assert math.isnan(table["p99_low_ms"]["pay"])
    assert math.isnan(table["p95_low_ms"]["cache"])
    assert "n/a (10)" in result.to_text()


def test_the_share_is_of_the_time_of_requests(built, traces_built):
    def write(trace, n):
        begin = trace.now
        trace.http("http://pay/a", 40.0, at=begin)
        trace.http("http://pay/b", 40.0, at=begin + 20.0)  # 60 ms in which one of them runs
        trace.rows[0]["duration_ms"] = 100.0

    table = external_calls(built(spans=traces_built.several(write))).table
    assert table["share"][0] == pytest.approx(0.6)
    assert table["total_ms"][0] == pytest.approx(480)


def test_what_nothing_tells_of_is_unknown(result):
    assert result.table["new_connection_share"].isna().all()
    assert result.table["network_ms"].isna().all()
    assert any("new_connection_share is n/a" in text for text in result.caveats)


def test_no_value_user_or_password_is_shown(result):
    for text in (result.to_text(), result.to_html(), json.dumps(result.to_dict())):
        assert not any(word in text for word in ("secret", "4111", "private"))


def test_the_network_is_what_the_server_does_not_take(built, traces_built):
    def write(trace, n):
        call = trace.http("http://10.0.0.7:8080/items", 30.0)
        trace.span(
            "GET /items",
            24.0,
            at=3.0,
            parent=call,
            kind="server",
            route="/items",
            service="stock",
            category="app",
        )

    table = external_calls(built(spans=traces_built.several(write))).table
    assert table["network_ms"][0] == pytest.approx(6.0)
    assert table["peer"][0] == "stock"  # an address is called by the service that answers there


def test_a_span_for_many_calls_counts_as_many(built, traces_built):
    rows = traces_built.several(lambda trace, n: trace.sql("SELECT 2 FROM a", 60.0, calls=30))
    result = external_calls(built(spans=rows))
    assert result.table["calls"][0] == 180
    assert math.isnan(result.table["p50_ms"][0])
    assert any("stand for several calls" in text for text in result.caveats)


def test_a_retry_is_counted_also_where_the_span_alone_tells(built, traces_built):
    def write(trace, n):
        trace.http("http://pay/a", 5.0, status=503)
        trace.wait(50)
        trace.http("http://pay/a", 5.0)
        trace.http("http://pay/b", 5.0)
        trace.rows[-1]["attributes"] = attributes(http__request__resend_count=2)

    table = external_calls(built(spans=traces_built.several(write))).table
    assert table["retries"][0] == 12


@pytest.mark.parametrize("sample", ["healthy", "n_plus_one"])
def test_a_healthy_shop_has_no_finding(sample):
    result = external_calls(perfkit.sample(sample))
    assert not result.findings
    assert len(result.arrow) == 6


def test_the_checkout_of_the_shop_holds_a_connection_while_it_pays():
    (one,) = external_calls(perfkit.sample("shop_launch")).findings
    assert one.rule == "connection-across-call"
    assert one.keys["route"] == "/checkout"
    assert "POST http://127.0.0.1" in one.title


def test_innocent_traces_have_no_finding(innocent, built):
    findings = external_calls(built(spans=innocent())).findings
    # retries with backoff repeat nothing without need, yet requests wait for the failures
    assert all((one.rule, one.keys["peer"]) == ("retries", "pay") for one in findings)


def test_what_could_follow_the_answer_is_part_of_it(built, traces_built):
    def write(trace, n):
        trace.sql("SELECT total FROM carts WHERE id = $1", 5.0)
        trace.http("http://mail/notifications/send", 80.0, method="POST", status=202)

    findings = external_calls(built(spans=traces_built.several(write, 30))).findings
    assert [one.rule for one in findings] == ["deferrable"]


def test_a_recording_without_spans_says_so():
    result = external_calls(Recording())
    assert not len(result.arrow)
    assert "There are no spans." in result.caveats
    assert result.headline.startswith("No span calls")


def test_spans_without_anything_known_are_read(built):
    result = external_calls(built(spans=[{"trace_id": "a"}, {"trace_id": "a", "span_id": "1"}]))
    assert not len(result.arrow)
