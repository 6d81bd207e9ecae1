from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perfkit.analyses.n_plus_one import n_plus_one
from perfkit.fingerprint import fingerprint, fingerprint_id
from perfkit.recording import Recording

START = datetime(2026, 1, 1, tzinfo=UTC)
ITEMS = "SELECT name FROM items WHERE order_id = {}"
ORDERS = "SELECT id FROM orders LIMIT 40"


class Trace:
    """Writes spans of one trace one behind the other below a root span."""

    def __init__(self, trace_id, *, root="server", route="/orders", duration_ms=100.0, at_s=0):
        self.trace_id, self.now, self.start = trace_id, 1.0, START + timedelta(seconds=at_s)
        self.rows = []
        self.span("root", parent=None, kind=root, name="GET /orders", route=route, ms=duration_ms)
        self.now = 1.0

    def span(self, span_id=None, *, parent="root", ms=1.0, **columns):
        row = {
            "trace_id": self.trace_id,
            "span_id": span_id or f"s{len(self.rows)}",
            "parent_id": parent,
            "started_at": self.start + timedelta(milliseconds=self.now),
            "duration_ms": ms,
            **columns,
        }
        self.rows.append(row)
        self.now += ms
        return self

    def db(self, statement, **columns):
        return self.span(**{"kind": "client", "name": "SELECT", "statement": statement, **columns})

    def http(self, url, **columns):
        return self.span(
            **{"kind": "client", "name": "GET", "url": url, "peer": "stock", **columns}
        )


def spans(*traces):
    names = dict.fromkeys(name for trace in traces for row in trace.rows for name in row)
    rows = [{name: row.get(name) for name in names} for trace in traces for row in trace.rows]
    return pa.Table.from_pylist(rows)


def n_plus_one_trace(trace_id="t1", *, repeats=40, ms=0.5, **options):
    trace = Trace(trace_id, **options).db(ORDERS, ms=2.0)
    for item in range(repeats):
        trace.db(ITEMS.format(item), ms=ms)
    return trace


def test_one_query_per_item_is_one_finding_with_all_its_numbers():
    traces = [n_plus_one_trace(f"t{n}", repeats=39 + n, at_s=n) for n in range(3)]
    result = n_plus_one(spans(*traces))
    (row,) = result.arrow.to_pylist()
    assert row["fingerprint"] == "select name from items where order_id = ?"
    assert (row["parent"], row["route"], row["url"]) == ("GET /orders", "/orders", None)
    assert (row["repeats"], row["requests"], row["calls"]) == (40, 3, 120)
    assert row["time_ms"] == pytest.approx(20.0)
    assert row["saves_ms"] == pytest.approx(19.5)
    assert row["source_statement"] == fingerprint(ORDERS)
    (finding,) = result.findings
    assert finding.rule == "n-plus-one"
    assert finding.saves_ms == pytest.approx(19.5)
    assert (finding.saves_basis, finding.saves_times) == ("per request", 3)
    assert finding.keys["route"] == "/orders"
    assert finding.keys["fingerprint_id"] == fingerprint_id(row["fingerprint"])
    assert "39 to 41" in finding.title
    assert "selectinload" in finding.fix.snippet
    assert "where order_id = ANY(:ids)" in finding.fix.snippet


def test_other_spans_in_between_do_not_hide_it():
    trace = Trace("t1")
    for item in range(10):
        trace.db(ITEMS.format(item), ms=5.0).db("pg-pool.connect", ms=0.1).span(
            name="render", ms=0.1
        )
    (finding,) = n_plus_one(spans(trace)).findings
    assert "10 times" in finding.title


def test_calls_below_a_span_of_their_own_each_belong_to_the_request():
    trace = Trace("t1")
    for item in range(10):
        trace.span(f"p{item}", name="load_item", kind="internal", ms=0.0)
        trace.db(ITEMS.format(item), parent=f"p{item}", ms=5.0)
    (row,) = n_plus_one(spans(trace)).arrow.to_pylist()
    assert (row["repeats"], row["parent"]) == (10, "load_item")


def test_calls_that_overlap_count_only_the_time_they_cover():
    trace = Trace("t1")
    for item in range(10):
        trace.now = 1.0
        trace.db(ITEMS.format(item), ms=30.0)
    (row,) = n_plus_one(spans(trace)).arrow.to_pylist()
    assert row["time_ms"] == pytest.approx(30.0)
    assert row["saves_ms"] == pytest.approx(0.0)


def test_two_instrumentations_of_one_call_count_once():
    trace = Trace("t1")
    for item in range(6):
        trace.db(ITEMS.format(item), span_id=f"orm{item}", ms=9.0)
        trace.now -= 9.0
        trace.db(ITEMS.format(item), parent=f"orm{item}", ms=9.0)
    (row,) = n_plus_one(spans(trace)).arrow.to_pylist()
    assert row["repeats"] == 6


def test_spans_below_a_missing_parent_are_still_together():
    trace = Trace("t1")
    trace.rows.clear()
    for item in range(8):
        trace.db(ITEMS.format(item), parent="lost", ms=10.0)
    (row,) = n_plus_one(spans(trace)).arrow.to_pylist()
    assert (row["repeats"], row["route"], row["parent"]) == (8, None, None)


def test_http_calls_for_every_item_are_a_finding():
    trace = Trace("t1", duration_ms=200.0)
    for item in range(8):
        trace.http(f"http://me:secret@stock/items/{item}?currency=EUR", ms=15.0)
    result = n_plus_one(spans(trace))
    (row,) = result.arrow.to_pylist()
    assert row["url"] == "GET http://stock/items/{id}?currency=*"
    assert (row["fingerprint"], row["peer"], row["repeats"]) == (None, "stock", 8)
    assert "secret" not in str(result.to_dict())
    assert "gather" in result.findings[0].fix.snippet


def test_rows_inserted_one_by_one_in_a_request_are_a_finding():
    trace = Trace("t1")
    for item in range(30):
        trace.db(f"INSERT INTO items VALUES ({item})", ms=2.0)
    assert "insert(Model)" in n_plus_one(spans(trace)).findings[0].fix.snippet


def keyset(trace, item):
    trace.db(f"select id from t where id > {item} order by id limit 100", ms=20.0)


INNOCENT = {
    "four repeats": lambda trace, item: item < 4 and trace.db(ITEMS.format(item), ms=50.0),
    "a few retries": lambda trace, item: item < 4 and trace.db(ITEMS.format(1), ms=9.0, error="x"),
    "http retries": lambda trace, item: trace.http(f"http://s/items/{item}", ms=50.0, status=503),
    "pages by offset": lambda trace, item: trace.db(
        f"SELECT id FROM t ORDER BY id LIMIT 100 OFFSET {item}00", ms=20.0
    ),
    "pages by bound offset": lambda trace, item: trace.db(
        "SELECT id FROM t ORDER BY id LIMIT $1 OFFSET $2", ms=20.0
    ),
    "pages by cursor": keyset,
    "pages of a service": lambda trace, item: trace.http(f"http://s/items?page={item}", ms=20.0),
    "pages by token": lambda trace, item: trace.http(
        f"http://s/items?size=9&page_token=x{item}", ms=20.0
    ),
    "polling": lambda trace, item: trace.http("http://s/jobs/17", ms=20.0),
    "pings": lambda trace, item: trace.db("SELECT 1", ms=20.0),
    "transactions": lambda trace, item: trace.db(("BEGIN", "COMMIT")[item % 2], ms=20.0),
    "savepoints": lambda trace, item: trace.db(f"SAVEPOINT s{item}", ms=20.0),
    "catalogue": lambda trace, item: trace.db(
        f"SELECT c.oid FROM pg_catalog.pg_class c WHERE c.relname = 't{item}'", ms=20.0
    ),
    "different statements": lambda trace, item: trace.db(f"SELECT a FROM t{item * 'x'}", ms=20.0),
    "too little time": lambda trace, item: trace.db(ITEMS.format(item), ms=0.05),
}


@pytest.mark.parametrize("case", INNOCENT)
def test_innocent_repeats_are_no_finding(case):
    trace = Trace("t1", duration_ms=500.0)
    for item in range(12):
        INNOCENT[case](trace, item)
    result = n_plus_one(spans(trace))
    assert result.findings == ()
    assert "Nothing wrong was found" in result.to_text()


@pytest.mark.parametrize("kind", ["consumer", "internal"])
def test_a_batch_of_independent_units_is_no_finding(kind):
    trace = Trace("t1", root=kind, route=None, duration_ms=3000.0)
    for unit in range(30):
        trace.db(f"SELECT a FROM users WHERE id = {unit}", ms=5.0)
        trace.db(f"UPDATE users SET a = 1 WHERE id = {unit}", ms=5.0).db("COMMIT", ms=1.0)
    assert n_plus_one(spans(trace)).findings == ()


def test_a_consumer_that_only_reads_item_by_item_is_a_finding():
    trace = Trace("t1", root="consumer", route=None)
    for item in range(30):
        trace.db(ITEMS.format(item), ms=3.0)
    assert len(n_plus_one(spans(trace)).findings) == 1


def test_an_offset_that_never_changes_is_no_page():
    trace = Trace("t1")
    for item in range(10):
        statement = f"SELECT a FROM t WHERE b = {item} ORDER BY a LIMIT 1 OFFSET 0"
        trace.db(statement, ms=10.0)
    assert len(n_plus_one(spans(trace)).findings) == 1


def test_a_page_of_each_of_many_things_is_no_paging():
    trace = Trace("t1")
    for item in range(10):
        trace.http(f"http://s/users/{item}/orders?page=1", ms=10.0)
    assert len(n_plus_one(spans(trace)).findings) == 1


def test_many_calls_are_a_finding_even_if_the_request_has_longer_things_to_do():
    # a database on the same machine hides what a network would show
    def found(repeats, ms):
        return n_plus_one(spans(n_plus_one_trace(repeats=repeats, ms=ms, duration_ms=900))).findings

    assert found(20, 0.4)
    assert not found(19, 0.4)
    assert not found(60, 0.05)  # under the time floor


def test_one_statement_on_two_routes_is_two_patterns():
    traces = [n_plus_one_trace("t1"), n_plus_one_trace("t2", route="/report")]
    assert len(n_plus_one(spans(*traces)).findings) == 2


def rules(result):
    return [finding.rule for finding in result.findings]


def test_innocent_traces_yield_no_n_plus_one(table, innocent):
    assert "n-plus-one" not in rules(n_plus_one(table("spans", innocent())))


def test_guilty_traces_yield_exactly_one(table, guilty):
    assert rules(n_plus_one(table("spans", guilty()))) == ["n-plus-one"]


def test_innocent_and_guilty_traces_of_one_recording_do_not_blur(table, traces_built):
    rows = []
    for number, make in enumerate([*traces_built.INNOCENT.values(), *traces_built.GUILTY.values()]):
        for row in make():
            own = {name: f"{number}-{row[name]}" for name in ("trace_id", "span_id")}
            parent = row["parent_id"] and f"{number}-{row['parent_id']}"
            route = row.get("route") and f"/v{number}{row['route']}"
            name = f"{number} {row['name']}" if parent is None else row["name"]
            rows.append({**row, **own, "parent_id": parent, "route": route, "name": name})
    assert rules(n_plus_one(table("spans", rows))).count("n-plus-one") == len(traces_built.GUILTY)


def test_a_loop_of_two_statements_is_one_finding_that_names_both(table, traces_built):
    result = n_plus_one(table("spans", traces_built.GUILTY["two statements per row"]()))
    (row,) = result.arrow.to_pylist()
    (finding,) = result.findings
    assert row["statements"] == 2
    assert "and 1 more statement in the same loop" in finding.title
    assert "order_items" in finding.fix.text
    # in the median 18.5 rows: calls of 1.5 ms and the gaps between them, less one call of each
    assert row["saves_ms"] == pytest.approx(2 * 17.5 * 1.5 + 36 * 0.05)
    assert len(finding.keys["also"]) == 16


def test_an_interval_needs_six_requests_and_holds_the_estimate(table, traces_built):
    def call(trace, item):
        trace.sql(traces_built.ITEM, 1.0 + item % 7 / 5)

    def result(count):
        made = traces_built.several(lambda t, n: traces_built.loop(t, n, call), count)
        return n_plus_one(table("spans", made))

    (few,) = result(5).arrow.to_pylist()
    assert few["saves_low_ms"] is few["saves_high_ms"] is None
    assert any("fewer than six" in caveat for caveat in result(5).caveats)
    (enough,) = result(12).arrow.to_pylist()
    assert 0 < enough["saves_low_ms"] < enough["saves_ms"] < enough["saves_high_ms"]


def test_the_rows_of_the_statement_before_explain_n(table, traces_built):
    result = n_plus_one(table("spans", traces_built.GUILTY["one statement per row"]()))
    assert result.arrow["growth"].to_pylist() == ["rows"]
    assert "grows with the data" in result.findings[0].fix.text


def test_sampled_requests_count_for_those_they_stand_for(table, traces_built):
    rows = [row | {"weight": 20.0} for row in traces_built.GUILTY["one statement per row"]()]
    result = n_plus_one(table("spans", rows))
    (row,) = result.arrow.to_pylist()
    assert (row["requests"], row["weighted_requests"]) == (6, 120.0)
    assert result.findings[0].saves_times == 120.0
    assert any("stand for about 120" in caveat for caveat in result.caveats)


def test_one_span_for_many_calls_counts_as_many(table, traces_built):
    result = n_plus_one(table("spans", traces_built.GUILTY["one span for many calls"]()))
    (row,) = result.arrow.to_pylist()
    assert (row["repeats"], row["least_repeats"], row["most_repeats"]) == (32, 30, 35)
    assert row["saves_ms"] == pytest.approx(60 * 31 / 32, abs=0.2)


@pytest.mark.parametrize("wait", ["no wait", "a growing wait"])
def test_a_retry_storm_is_a_finding_of_its_own(table, traces_built, wait):
    result = n_plus_one(table("spans", traces_built.STORMS[wait]()))
    (finding,) = result.findings
    assert finding.rule == "retry-storm"
    assert "8 times" in finding.title
    assert wait in finding.title
    assert finding.saves_ms is None


def test_many_different_statements_are_a_finding_of_their_own(table, traces_built):
    (finding,) = n_plus_one(table("spans", traces_built.MANY_STATEMENTS())).findings
    assert finding.rule == "query-count"
    assert finding.title.startswith("/orders sends 22 statements per request (22 at the 95th")
    assert len(finding.evidence) == 8


def session_log(columns=(), *, sessions=3, loops=4, repeats=lambda n: 18 + n, pause=400.0):
    """Statements of pooled sessions: a list, then one per row; nothing names the request."""
    rows = []
    for session in range(sessions):
        now = session * 37.0
        for number in range(loops):
            asked = [("BEGIN", 0.01), (ORDERS, 0.4)]
            asked += [(ITEMS.format(100 * number + i), 0.05) for i in range(repeats(number))]
            for statement, ms in [*asked, ("COMMIT", 0.01)]:
                at = START + timedelta(milliseconds=now)
                told = {"statement": statement, "duration_ms": ms, "started_at": at}
                rows.append({**told, "session_id": f"s{session}", "duration_kind": "server"})
                rows[-1] |= dict(columns)
                now += ms + 0.6
            now += pause
    return rows


def test_the_same_burst_in_several_sessions_of_a_log_is_a_finding_of_low_confidence(built):
    result = n_plus_one(built(queries=session_log()))
    (finding,) = result.findings
    assert finding.confidence == "low"
    assert finding.title.startswith("A database session sends select name from items")
    assert result.arrow["source_statement"].to_pylist() == [fingerprint(ORDERS)]
    assert any("guessed" in caveat for caveat in result.caveats)
    assert any("Times are the server's" in caveat for caveat in result.caveats)


def test_requests_that_follow_each_other_without_a_pause_are_told_apart(built):
    result = n_plus_one(built(queries=session_log(pause=0.0)))
    assert result.arrow["most_repeats"].to_pylist() == [21]


@pytest.mark.parametrize(
    "log",
    [
        session_log(sessions=1),
        session_log(loops=1, sessions=2),
        session_log(repeats=lambda n: 18, loops=2),  # always the same N, seen six times
        session_log(repeats=lambda n: 4),
        [row | {"statement": "UPDATE t SET a = 1 WHERE b = 2"} for row in session_log()],
        [row | {"started_at": START + timedelta(seconds=n)} for n, row in enumerate(session_log())],
    ],
)
def test_a_log_without_requests_needs_evidence(built, log):
    assert n_plus_one(built(queries=log)).findings == ()


def test_a_job_that_loops_for_minutes_in_one_session_is_no_request(built):
    log = session_log(sessions=2, loops=1, repeats=lambda n: 60_000)
    assert n_plus_one(built(queries=log)).findings == ()


def logged(repeats=30, **columns):
    table = {
        "statement": [ITEMS.format(i) for i in range(repeats)],
        "duration_ms": [0.2] * repeats,
        "started_at": [START + timedelta(milliseconds=i) for i in range(repeats)],
    }
    return pa.table({**table, **columns})


def test_logged_statements_with_a_request_id_are_looked_at_without_spans():
    requests = pa.table({"request_id": ["r1"], "route": ["/orders"], "duration_ms": [50.0]})
    rec = Recording.from_frames(queries=logged(request_id=["r1"] * 30), requests=requests)
    result = n_plus_one(rec)
    (row,) = result.arrow.to_pylist()
    assert (row["route"], row["repeats"], row["requests"]) == ("/orders", 30, 1)
    assert row["time_share"] == pytest.approx(0.12)
    assert result.series["example"]["repeated"].to_pylist() == [True] * 30


@pytest.mark.parametrize(
    ("kinds", "said"), [(("server",), True), (("client",), False), (("client", "server"), False)]
)
def test_that_times_are_the_servers_is_said_of_what_is_reported_alone(kinds, said):
    ids = [request for request, _ in zip(("r1", "r2"), kinds, strict=False)]
    tables = [
        logged(
            30 if kind == kinds[0] else 2,
            request_id=[owner] * (30 if kind == kinds[0] else 2),
            duration_kind=[kind] * (30 if kind == kinds[0] else 2),
            system=["postgresql" if kind == kinds[0] else "mysql"]
            * (30 if kind == kinds[0] else 2),
        )
        for owner, kind in zip(ids, kinds, strict=True)
    ]
    requests = pa.table({"request_id": ids, "route": ["/orders"] * len(ids)})
    result = n_plus_one(Recording.from_frames(queries=pa.concat_tables(tables), requests=requests))
    assert result.findings
    assert any("Times are the server's" in caveat for caveat in result.caveats) is said


def test_without_a_pattern_times_are_the_servers_if_all_of_them_are(built):
    innocent = session_log(loops=1, repeats=lambda n: 2)
    spoken = [
        any("Times are the server's" in caveat for caveat in n_plus_one(rec).caveats)
        for rec in (
            built(queries=innocent),
            Recording.from_frames(spans=spans(Trace("t1").db(ORDERS))),
            Recording.from_frames(
                spans=spans(Trace("t1").db(ORDERS)),
                queries=built(queries=innocent).arrow("queries"),
            ),
        )
    ]
    assert spoken == [True, False, False]


def test_logged_statements_without_any_id_say_nothing():
    result = n_plus_one(Recording.from_frames(queries=logged()))
    assert result.findings == ()
    assert any("neither spans nor statements with" in caveat for caveat in result.caveats)


def test_statements_in_spans_are_not_counted_again_from_the_log():
    rec = Recording.from_frames(
        spans=spans(n_plus_one_trace()), queries=logged(request_id=["r1"] * 30)
    )
    assert len(n_plus_one(rec).findings) == 1


def test_a_span_read_twice_counts_once():
    table = spans(n_plus_one_trace())
    rec = Recording.from_frames(spans=table)
    assert n_plus_one(rec + rec).arrow.to_pylist() == n_plus_one(rec).arrow.to_pylist()


def test_a_statement_from_a_log_cannot_leave_the_comment_of_the_snippet():
    trace = Trace("t1")
    for item in range(30):
        trace.db(f'SELECT a FROM "x\nimport os" WHERE b = {item}', ms=3.0)
    snippet = n_plus_one(spans(trace)).findings[0].fix.snippet
    assert not any(line.startswith("import") for line in snippet.splitlines())


CALLS = st.lists(
    st.tuples(
        st.sampled_from(["t1", "t2", "t3"]),
        st.sampled_from([ITEMS, "SELECT a FROM b WHERE c = {}", "COMMIT"]),
        st.integers(0, 9),
        st.floats(0.1, 20),
        st.booleans(),
    ),
    max_size=80,
)


def traces_of(calls):
    traces = {name: Trace(name) for name in ("t1", "t2", "t3")}
    for name, statement, value, ms, failed in calls:
        traces[name].db(statement.format(value), ms=ms, error="x" if failed else None)
    return traces


def occurrences(result):
    return sorted(map(str, result.series["occurrences"].to_pylist()))


@settings(deadline=None)
@given(CALLS, st.randoms())
def test_neither_the_order_of_rows_nor_other_recordings_change_what_a_trace_shows(calls, random):
    traces = traces_of(calls)
    whole = spans(*traces.values())
    parts = [Recording.from_frames(spans=spans(trace)) for trace in traces.values()]
    together = occurrences(n_plus_one(whole))
    assert together == occurrences(n_plus_one(parts[0] + parts[1] + parts[2]))
    assert together == sorted(text for part in parts for text in occurrences(n_plus_one(part)))
    rows = whole.to_pylist()
    random.shuffle(rows)
    shuffled = pa.Table.from_pylist(rows, schema=whole.schema)
    assert n_plus_one(shuffled).to_dict() == n_plus_one(whole).to_dict()


@settings(deadline=None)
@given(CALLS)
def test_repeats_are_the_successful_calls_of_a_statement_in_a_trace(calls):
    expected = {}
    for name, statement, _, _, failed in calls:
        if not failed and statement != "COMMIT":
            key = (name, fingerprint(statement.format(1)))
            expected[key] = expected.get(key, 0) + 1
    rows = n_plus_one(spans(*traces_of(calls).values())).series["occurrences"].to_pylist()
    found = {(row["trace_id"], row["fingerprint"]): row["repeats"] for row in rows}
    assert found == {key: count for key, count in expected.items() if count >= 5}


def test_parents_in_a_circle_end():
    rows = [
        {"trace_id": "t", "span_id": "a", "parent_id": "b", "kind": "internal"},
        {"trace_id": "t", "span_id": "b", "parent_id": "a", "kind": "internal"},
    ]
    assert n_plus_one(pa.Table.from_pylist(rows)).findings == ()


def test_nothing_read_is_an_answer():
    assert n_plus_one(Recording()).findings == ()


@pytest.mark.parametrize(
    ("case", "confidence", "url"),
    [
        ("a call per code, the same in every request", "low", "GET http://rates/rate/{...}"),
        ("a call per code, as the server tells", "high", "GET http://rates/rate/{id}"),
    ],
)
def test_codes_in_urls_are_a_guess_unless_the_server_names_its_route(
    table, traces_built, case, confidence, url
):
    result = n_plus_one(table("spans", traces_built.GUILTY[case]()))
    (finding,) = result.findings
    assert finding.confidence == confidence
    assert result.arrow["url"].to_pylist() == [url]
    assert result.arrow["repeats"].to_pylist() == [8]


def test_a_guess_from_the_looks_of_urls_has_to_be_seen_often(table, traces_built):
    def write(trace, n):
        for code in traces_built.CODES:
            trace.http(f"http://rates/rate/{code}", 12.0)

    assert not n_plus_one(table("spans", traces_built.several(write, 6))).findings
