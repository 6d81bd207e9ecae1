"""Every format tells the same spans of one system: ids, times, services, kinds, what was called."""

from statistics import median

import pytest

#: Formats whose instrumentations say less: Brave neither the commands of Redis nor a good status.
_TERSE = {"zipkin v1"}
_CATEGORIES = {
    "sql": "db",
    "mongo": "db",
    "redis": "cache",
    "http": "http",
    "served": "app",
    "grpc": "rpc",
    "grpc-served": "app",
    "pool": "pool",
    "sent": "queue",
    "received": "app",
}


@pytest.fixture
def pairs(truth, loaded, form):
    """Return every span with the row that the format makes of it."""
    from one_truth.write_zipkin import server_ids

    shared = server_ids(truth) if form == "zipkin v1" else {}
    rows = {}
    for row in loaded(form).arrow("spans").to_pylist():
        rows[row["trace_id"], _hex(row["span_id"], form), row["kind"]] = row
    assert len(rows) == len(truth)
    found = []
    for span in truth:
        own = shared.get((span.trace, span.id), span.id)
        found.append((span, rows[f"{span.trace:032x}", f"{own:016x}", span.kind]))
    return found


def _hex(text, form):
    return f"{int(text):016x}" if form == "datadog" else text


def test_times_are_exact_to_what_the_format_can_say(pairs, form):
    step = 1_000_000 if form == "new relic" else 1_000
    for span, row in pairs:
        start = row["started_at"].value
        assert start == span.start * 1_000 // step * step
        assert row["duration_ms"] == pytest.approx(span.duration / 1_000, abs=1e-9)


def test_parents_services_categories_and_errors_are_the_same(pairs, form):
    for span, row in pairs:
        assert row["service"] == span.process.service
        assert bool(row["error"]) is bool(span.error)
        assert not span.error or span.error in row["error"]
        if form != "zipkin v1":
            parent = row["parent_id"] and _hex(row["parent_id"], form)
            assert parent == (f"{span.parent:016x}" if span.parent else None)
        if (form, span.said["op"]) != ("zipkin v1", "received"):  # Brave calls a poll a message's
            assert row["category"] == _CATEGORIES[span.said["op"]]


def test_statements_and_what_was_called_are_the_same(pairs, form):
    fingerprints = {}
    for span, row in pairs:
        said = span.said
        if said["op"] == "sql":
            fingerprints.setdefault(said["text"], set()).add(row["fingerprint"])
            if form != "datadog":  # whose agents replace literals
                assert row["statement"] == said["text"]
        elif said["op"] == "redis" and form not in _TERSE:
            assert row["statement"] == said["text"]
        elif said["op"] == "mongo":
            assert {said["verb"], said["collection"]} <= set(_words(row["fingerprint"]))
        elif said["op"] in {"grpc", "http"}:
            assert row["url"].endswith(_address(said))
    assert all(len(some) == 1 and None not in some for some in fingerprints.values())


def _words(text):
    return text.replace(".", " ").split()


def _address(said):
    if said["op"] == "grpc":
        return f"://{said['service']}/{said['method']}"
    return said["url"].partition(":8080")[2]


def test_peers_routes_and_statuses_are_the_same(pairs, form):
    for span, row in pairs:
        said = span.said
        if span.kind == "client" and (form != "elastic" or said["op"] == "http"):
            port = "" if form in _TERSE else f":{said['port']}"
            assert row["peer"] == f"{said['host']}{port}"
        if said["op"] == "served":
            assert row["route"] == said["route"]
        if said["op"] == "grpc-served":  # Datadog and Elastic write it as HTTP's path
            assert row["route"].lstrip("/") == f"{said['service']}/{said['method']}"
        if said["op"] in {"served", "http"} and (form not in _TERSE or said["status"] != 200):
            assert row["status"] == said["status"]


def test_requests_and_queries_are_those_spans(truth, loaded, form):
    rec = loaded(form)
    served = [span for span in truth if span.kind == "server"]
    asked = [span for span in truth if span.said["op"] in {"sql", "mongo"}]
    requests, queries = rec.arrow("requests"), rec.arrow("queries")
    assert (requests.num_rows, queries.num_rows) == (len(served), len(asked))
    systems = [span.said.get("system", "mongodb") for span in asked]
    assert sorted(queries["system"].to_pylist()) == sorted(systems)
    lasted = sorted(queries["duration_ms"].to_pylist())
    assert median(lasted) == pytest.approx(median(span.duration / 1_000 for span in asked))
    assert len(rec.rejected) == 0
    told = {note.kind for note in rec.quality}
    assert {"missing_parents", "clock_skew"} <= told  # as they were planted
