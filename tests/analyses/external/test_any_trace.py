"""Whatever a trace looks like, it is read: cycles, lost parents, unknown times, hostile text."""

from datetime import UTC, datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from perfkit.analyses.external_calls import external_calls
from perfkit.recording import Recording

START = datetime(2026, 3, 2, tzinfo=UTC)
maybe = st.none()
ids = st.sampled_from(["a", "b", "c", "d", "e", "f"])
row = st.fixed_dictionaries(
    {
        "trace_id": st.sampled_from(["t", "u"]) | maybe,
        "span_id": ids | maybe,
        "parent_id": ids | maybe,
        "service": st.sampled_from(["shop", "stock"]) | maybe,
        "name": st.sampled_from(["BEGIN", "COMMIT", "tcp.connect", "GET", "transaction"]) | maybe,
        "kind": st.sampled_from(["server", "client", "producer", "consumer", "internal"]) | maybe,
        "category": st.sampled_from(["http", "db", "rpc", "cache", "pool", "queue"]) | maybe,
        "started_at": st.integers(0, 20_000).map(lambda ms: START + timedelta(milliseconds=ms))
        | maybe,
        "duration_ms": st.sampled_from([-1.0, 0.0, 4.0, 700.0, 5002.0, 1e300, float("inf")])
        | maybe,
        "statement": st.sampled_from(["BEGIN", "COMMIT", "SELECT a FROM b"]) | st.text() | maybe,
        "url": st.sampled_from(["http://[", "http://a:b@c/d?e=f", "/x"]) | st.text() | maybe,
        "peer": st.text() | maybe,
        "error": st.text() | maybe,
        "status": st.sampled_from([-1, 0, 200, 429, 504]) | maybe,
        "calls": st.sampled_from([0, 1, 40]) | maybe,
        "weight": st.sampled_from([0.0, 1.0, 12.5]) | maybe,
        "attributes": st.binary() | st.just(b'{"http.conn.reused": [1], "cold_start": "true"}'),
        "resource": st.text() | maybe,
    }
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(row, max_size=14))
def test_any_trace_has_an_answer(built, rows):
    result = external_calls(built(spans=rows))
    table = result.table
    assert (table["errors"] <= table["calls"]).all()
    assert (table["share"].dropna() >= 0).all()
    assert (table["total_ms"] >= 0).all()
    assert result.to_text()
    assert result.to_dict()
    assert result.figure


def test_two_recordings_are_as_many_calls_as_both(built, several):
    def write(trace, n):
        trace.http("http://pay/a", 4.0 + n)

    one, other = built(spans=several(write, 4)), built(spans=several(write, 3, route="/b"))
    renamed = other.spans.assign(trace_id="z" + other.spans["trace_id"].astype(str))
    both = external_calls(one + Recording.from_frames(spans=renamed)).table
    assert both["calls"][0] == 7
    assert both["max_ms"][0] == external_calls(one).table["max_ms"][0]
