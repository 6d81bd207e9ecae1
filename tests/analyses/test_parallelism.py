"""What may overlap is found, with the evidence; what is or may be dependent is left alone."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import perfkit
from perfkit import tables
from perfkit.analyses.parallel import deferrable
from perfkit.analyses.parallelism import parallelism
from perfkit.analyses.traces.forest import Forest
from perfkit.recording import Recording


def _requests_written():
    path = Path(__file__).parent / "parallel" / "requests_written.py"
    spec = importlib.util.spec_from_file_location("requests_written", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


written = _requests_written().written
STOCK, QUOTES, NEWS = "http://stock/stock", "http://quotes/quotes", "http://news/news"
ORDERS = "SELECT count(*) FROM orders"
USERS = "SELECT count(*) FROM users"


def each(*calls):
    """Return a writer of the same calls in every request: ``("http", url)``, ``("sql", text)``."""

    def write(request, n):
        for kind, what, *more in calls:
            text = what.format(n=n, other=7919 * n + 13, token=f"c{n}x{n * 31}y")
            getattr(request, kind)(text, **(more[0] if more else {}))

    return write


def post(url, **more):
    return ("http", url, {"method": "POST"} | more)


# --- innocent: no finding ---


def _overlapping_already(request, n):
    for place, url in enumerate((STOCK, QUOTES, NEWS)):
        request.http(url, 20.0 + place, at=1.0 + place * 0.3)


def _waits_for_a_connection_now_and_then(request, n):
    request.http(STOCK, at=1.0)
    request.http(QUOTES, at=1.2 if n % 5 else 21.5)


def _cache_miss(request, n):
    request.redis(f"GET page:{n}", 15.0)
    request.http(STOCK, 60.0)
    request.redis(f"SET page:{n} x", 15.0)


def _cache_hit_or_miss(request, n):
    request.redis(f"GET page:{n}", 15.0)
    if n % 3 == 0:
        request.sql(ORDERS, 60.0)
        request.redis(f"SET page:{n} x", 15.0)


def _functions_around_a_cache(request, n):
    for name, kind, what in (("lookup", "redis", f"GET page:{n}"), ("fetch", "http", STOCK)):
        at = request.now
        wrapper = request.work(41.0, name)
        getattr(request, kind)(what, 40.0, at=at + 0.5, parent=wrapper)


def _transaction(request, n):
    request.sql("BEGIN", 0.3)
    request.sql(ORDERS, 40.0)
    request.sql(USERS, 40.0)
    request.sql("COMMIT", 1.0)


def _transaction_above(request, n):
    above = request.work(90.0, "UserRepository.transaction")
    request.sql(ORDERS, 40.0, at=2.0, parent=above)
    request.sql(USERS, 40.0, at=43.0, parent=above)


def _saga(request, n):
    for name in ("reserve", "charge", "ship"):
        request.http(f"http://{name}/{name}", 60.0, method="POST")


def _retry(request, n):
    request.http(STOCK, 40.0, status=503)
    request.http(STOCK, 40.0)


def _fallback(request, n):
    request.http(STOCK, 40.0, status=404)
    request.http(QUOTES, 40.0)


def _redirect(request, n):
    request.http("http://a/old", 40.0, status=302)
    request.http("http://a/new", 40.0)


def _one_per_item(request, n):
    for item in range(3 + n % 4):
        request.http(f"http://stock/items/{item}", 20.0)


def _pages(request, n):
    request.http("http://crm/contacts", 40.0)
    for page in range(1, 4):
        request.http(f"http://crm/contacts?after=c{page}", 40.0)


def _work_between(request, n):
    request.http(STOCK, 40.0)
    request.work(25.0)
    request.http(QUOTES, 40.0)


def _silent_work_between(request, n):
    request.http(STOCK, 40.0)
    request.now += 30.0
    request.http(QUOTES, 40.0)


def _sometimes_second(request, n):
    request.http(STOCK, 40.0)
    if n % 2:
        request.http(QUOTES, 40.0)


def _covered_by_another_branch(request, n):
    request.work(300.0, at=0.5)
    branch = request.work(90.0, "branch", at=1.0)
    request.http(STOCK, 40.0, at=2.0, parent=branch)
    request.http(QUOTES, 40.0, at=43.0, parent=branch)


def _reads_a_stream(request, n):
    request.http("http://feed/stream", 60.0, at=1.0)
    request.http(f"http://shop/carts/{7919 * n + 13}", 30.0, at=55.0 if n % 2 else 61.5)


def _beside_work(request, n):
    request.work(100.0, at=1.0)
    request.http(STOCK, 40.0, at=2.0)
    request.http(QUOTES, 40.0, at=43.0)


def _the_same_user_always(request, n):
    request.rows[0]["url"] = "/users/42/page"
    request.http("http://users/users/me", 40.0)
    request.http("http://shop/carts/42", 40.0)


def _some_repeat_it(request, n):
    for url in (STOCK, *[QUOTES] * (1 + n % 2))[:: 1 if n % 3 else -1]:
        request.http(url, 40.0)


def _rarely(request, n):
    if n == 3:
        request.http(STOCK, 60.0)
        request.http(QUOTES, 60.0)
    else:
        request.work(5.0)


def _messages(request, n):
    for topic in ("orders", "mails"):
        request.span(40.0, kind="producer", category="queue", name=f"{topic} publish")


INNOCENT = {
    "what overlaps already": _overlapping_already,
    "what has to wait for a connection now and then": _waits_for_a_connection_now_and_then,
    "an id out of the first answer": each(
        ("http", "http://users/users/me"), ("http", "http://shop/carts/{other}")
    ),
    "an id in a query out of the first answer": each(
        ("http", STOCK), ("http", "http://shop/carts?owner={other}&limit=10")
    ),
    "an id in a statement out of the first answer": each(
        ("sql", ORDERS), ("sql", "SELECT total FROM carts WHERE owner = {other}")
    ),
    "the same id every time": each(("http", STOCK), ("http", "http://shop/carts/4711")),
    "parameters that are not recorded": each(
        ("sql", "SELECT id FROM users WHERE mail = $1"), ("sql", "SELECT a FROM b WHERE c = $1")
    ),
    "a URL that is a template": each(("http", STOCK), ("http", "http://shop/carts/{{id}}")),
    "remote procedures, which show no parameters": each(
        ("rpc", "shop.Users/GetUser"), ("rpc", "shop.Carts/GetCart")
    ),
    "a cursor": each(("http", "http://crm/contacts"), ("http", "http://crm/deals?after={token}")),
    "a token, then what needs it": each(
        ("http", "http://auth/oauth/token"), ("http", STOCK, {"ms": 50.0})
    ),
    "a permission, then what it allows": each(("rpc", "acl.CheckPermission/Get"), ("http", STOCK)),
    "a session, then what is in it": each(
        ("sql", "SELECT data FROM sessions LIMIT 1"), ("sql", ORDERS)
    ),
    "a lock": each(("sql", "SELECT id FROM jobs LIMIT 1 FOR UPDATE"), ("sql", ORDERS)),
    "a write, then a read": each(("sql", "INSERT INTO orders VALUES (1)"), ("sql", ORDERS)),
    "reads beside a write": each(
        ("sql", ORDERS), ("sql", USERS), ("sql", "UPDATE totals SET n = 1")
    ),
    "a post, then a get": each(post("http://pay/charge"), ("http", STOCK)),
    "a cache miss, every time": _cache_miss,
    "a cache miss, sometimes": _cache_hit_or_miss,
    "functions around a cache": _functions_around_a_cache,
    "a transaction": _transaction,
    "a transaction as a span": _transaction_above,
    "a saga": _saga,
    "a retry": _retry,
    "a fallback": _fallback,
    "a redirect": _redirect,
    "one call per item": _one_per_item,
    "pages of a list": _pages,
    "own work in between": _work_between,
    "own work in between without a span": _silent_work_between,
    "a second call on a condition": _sometimes_second,
    "calls that another branch covers": _covered_by_another_branch,
    "a stream that is read": _reads_a_stream,
    "calls beside own work": _beside_work,
    "one and the same user in all requests": _the_same_user_always,
    "a call that some requests repeat": _some_repeat_it,
    "what one request did": _rarely,
    "calls not worth it": each(("http", STOCK, {"ms": 4.0}), ("http", QUOTES, {"ms": 4.0})),
    "messages": _messages,
}


@pytest.mark.parametrize("name", INNOCENT)
def test_innocent_requests_yield_no_finding(name):
    result = parallelism(written(INNOCENT[name]))
    assert result.findings == ()
    assert not any(result.table["proven"])


def test_innocent_traces_of_other_analyses_yield_no_finding(innocent, table):
    spans = table("spans", innocent())
    assert parallelism(spans).findings == ()
    assert deferrable.findings(Forest(spans)) == []


@pytest.mark.parametrize("name", ["healthy", "n_plus_one"])
def test_a_shop_whose_calls_overlap_yields_no_finding(name):
    rec = perfkit.sample(name)
    assert parallelism(rec).findings == ()
    assert deferrable.findings(Forest(rec.arrow("spans"))) == []


# --- guilty: a finding ---


def test_the_launch_that_lined_up_the_calls_of_the_dashboard_is_found():
    (finding,) = parallelism(perfkit.sample("shop_launch")).findings
    assert finding.keys["route"] == "/dashboard"
    assert (finding.severity, finding.confidence) == ("critical", "high")
    assert 200 < finding.saves_ms < 280
    assert "at the same time in 76 other requests" in finding.fix.text
    assert "TaskGroup" in finding.fix.snippet


def _sequential_or_not(request, n):
    request.http(STOCK, 40.0, at=1.0)
    request.http(QUOTES, 50.0, at=41.5 if n >= 15 else 1.2)


def _either_order(request, n):
    for url in (STOCK, QUOTES)[:: 1 if n % 3 else -1]:
        request.http(url, 40.0)


def _ids_of_the_request(request, n):
    request.rows[0]["url"] = f"/users/{n + 100}/page?tab=all"
    request.http(f"http://users/users/{n + 100}", 40.0)
    request.http(f"http://shop/carts?owner={n + 100}&limit=20", 50.0)


def _bound_ids_of_the_request(request, n):
    request.rows[0]["url"] = f"http://shop/users/{n + 100}"
    for place, table in enumerate(("orders", "mails")):
        request.sql(
            f"SELECT count(*) FROM {table} WHERE owner = $1",
            40.0 + place,
            told={"db.query.parameter.0": str(n + 100)},
        )


def _wrapped(request, n):
    for name, url in (("load_stock", STOCK), ("load_quotes", QUOTES)):
        at = request.now
        wrapper = request.work(41.0, name)
        request.http(url, 40.0, at=at + 0.5, parent=wrapper)


def _below_a_handler(request, n):
    handler = request.work(90.0, "handler", at=1.0)
    request.http(STOCK, 40.0, at=2.0, parent=handler)
    request.http(QUOTES, 40.0, at=43.0, parent=handler)


def _writes_seen_at_once(request, n):
    request.http("http://mail/send", 40.0, method="POST", at=1.0)
    request.http("http://stock/reserve", 50.0, method="POST", at=42.0 if n >= 10 else 1.2)


GUILTY = {
    "calls that overlap in other requests": (_sequential_or_not, "seen overlapping"),
    "calls in either order": (_either_order, "seen in either order"),
    "writes that overlap in other requests": (_writes_seen_at_once, "seen overlapping"),
    "calls without parameters": (
        each(("http", STOCK), ("http", QUOTES), ("http", NEWS)),
        "inputs known before",
    ),
    "statements without parameters": (each(("sql", ORDERS), ("sql", USERS)), "inputs known before"),
    "ids that the request names": (_ids_of_the_request, "inputs known before"),
    "bound ids that the request names": (_bound_ids_of_the_request, "inputs known before"),
    "two keys of a cache": (
        each(("redis", "GET prices"), ("redis", "GET banners")),
        "inputs known before",
    ),
    "functions that wait for a call each": (_wrapped, "inputs known before"),
    "calls below a handler": (_below_a_handler, "inputs known before"),
}


@pytest.mark.parametrize("name", GUILTY)
def test_guilty_requests_yield_one_finding_with_its_evidence(name):
    write, evidence = GUILTY[name]
    result = parallelism(written(write))
    (row,) = result.arrow.to_pylist()
    (finding,) = result.findings
    assert row["evidence"] == evidence
    assert row["proven"] == ("seen" in evidence)
    assert finding.rule == "sequential-calls"
    assert finding.saves_ms == pytest.approx(row["saves_ms"])
    assert finding.saves_times == row["requests"]
    assert (finding.confidence == "high") == (evidence == "seen overlapping")
    assert ("Not proven" in finding.fix.text) == (not row["proven"])
    assert finding.keys["route"] == row["route"] == "/page"
    assert 0 < row["saves_ms"] <= row["sequential_ms"] - row["longest_ms"] + 1e-6


def test_what_hardly_any_request_does_is_left_out():
    def write(request, n):
        request.http(STOCK, at=1.0)
        request.http(QUOTES, at=21.5 if 200 <= n < 203 else 1.2)

    assert parallelism(written(write, 400)).findings == ()
    assert len(parallelism(written(write, 210)).findings) == 1


def test_the_numbers_are_the_sum_the_longest_and_their_difference():
    write = each(
        ("http", STOCK, {"ms": 30.0}), ("http", QUOTES, {"ms": 20.0}), ("http", NEWS, {"ms": 50.0})
    )
    (row,) = parallelism(written(write)).arrow.to_pylist()
    assert row["requests"] == 30
    assert row["calls"] == "GET stock/stock + GET quotes/quotes + GET news/news"
    assert row["sequential_ms"] == pytest.approx(100.0)
    assert row["longest_ms"] == pytest.approx(50.0)
    assert row["saves_ms"] == row["saves_low_ms"] == row["saves_high_ms"] == pytest.approx(50.0)
    assert row["share"] == pytest.approx(50.0 / 103.2)


def test_a_call_that_needs_an_answer_stays_behind_it_and_the_longest_chain_remains():
    def write(request, n):
        request.http("http://users/users/me", 30.0)
        request.http(f"http://shop/carts/{7919 * n + 13}", 40.0)  # an id that nobody named
        request.http(NEWS, 50.0)

    (row,) = parallelism(written(write)).arrow.to_pylist()
    assert row["longest_ms"] == pytest.approx(70.0)
    assert row["saves_ms"] == pytest.approx(50.0)
    (finding,) = parallelism(written(write)).findings
    assert "users/users/me, then GET shop/carts/{id}" in finding.fix.snippet


def test_too_few_requests_prove_nothing():
    write = each(("http", STOCK), ("http", QUOTES))
    assert parallelism(written(write, 9)).findings == ()
    assert parallelism(written(write, 10)).findings[0].confidence == "low"
    assert parallelism(written(write, 20)).findings[0].confidence == "medium"


def test_what_is_not_known_is_listed_with_the_reason_but_advised_to_nobody():
    write = each(("sql", "SELECT a FROM x WHERE b = $1"), ("sql", "SELECT a FROM y WHERE b = $1"))
    result = parallelism(written(write))
    (row,) = result.arrow.to_pylist()
    assert (row["evidence"], row["proven"]) == ("none", False)
    assert "do not show what it is told" in row["reason"]
    assert any("listed, not advised" in caveat for caveat in result.caveats)


def test_a_branch_that_is_waited_for_caps_the_saving():
    def write(request, n):
        branch = request.work(82.0, "branch", at=1.0)
        request.http(STOCK, 40.0, at=1.2, parent=branch)
        request.http(QUOTES, 40.0, at=41.6, parent=branch)
        request.work(62.0, "other branch", at=1.0)

    (row,) = parallelism(written(write)).arrow.to_pylist()
    assert row["saves_ms"] == pytest.approx(20.0)  # then the other branch is still under way


def test_sampled_requests_count_for_as_many_as_they_stand_for():
    write = each(("http", STOCK), ("http", QUOTES))
    (finding,) = parallelism(written(write, weight=4.0)).findings
    assert finding.saves_times == 120.0


def test_calls_of_one_request_in_two_places_add_up():
    def write(request, n):
        for _ in range(2):
            at = request.now
            handler = request.work(82.0, "part")
            request.http(STOCK, 40.0, at=at + 0.2, parent=handler)
            request.http(QUOTES, 40.0, at=at + 40.6, parent=handler)

    (row,) = parallelism(written(write)).arrow.to_pylist()
    assert row["requests"] == 30
    assert row["sequential_ms"] == pytest.approx(160.0)
    assert row["saves_ms"] == pytest.approx(80.0)
    assert ", 2 times, 160 ms" in parallelism(written(write)).findings[0].title


def test_many_small_savings_in_a_large_request_add_up():
    def write(request, n):
        for _ in range(40):
            at = request.now
            handler = request.work(4.5, "part")
            request.http(STOCK, 2.0, at=at + 0.1, parent=handler)
            request.http(QUOTES, 2.0, at=at + 2.3, parent=handler)

    (row,) = parallelism(written(write)).arrow.to_pylist()
    assert row["saves_ms"] == pytest.approx(80.0)


def test_the_language_of_the_service_decides_on_the_snippet():
    for language, code in {
        "python": "TaskGroup",
        "nodejs": "Promise.all",
        "java": "CompletableFuture.allOf",
        "go": "errgroup",
        "dotnet": "Task.WhenAll",
    }.items():
        resource = f'{{"telemetry.sdk.language": "{language}"}}'
        table = written(each(("http", STOCK), ("http", QUOTES)), resource=resource)
        assert code in parallelism(table).findings[0].fix.snippet


def test_nothing_and_damaged_spans_yield_a_result_that_says_so():
    empty = parallelism(Recording())
    assert (empty.findings, empty.arrow.num_rows) == ((), 0)
    assert "There are no spans." in empty.caveats
    table = written(each(("http", STOCK), ("http", QUOTES)))
    for name in ("started_at", "duration_ms", "parent_id", "name", "service", "trace_id"):
        place = table.schema.get_field_index(name)
        lost = table.set_column(
            place, table.schema.field(name), pa.nulls(len(table), table.schema.field(name).type)
        )
        parallelism(lost)


def test_the_order_of_the_rows_does_not_matter():
    table = written(_sequential_or_not)
    mixed = table.take(np.random.default_rng(5).permutation(len(table)))
    assert parallelism(mixed).to_dict() == parallelism(table).to_dict()


@settings(max_examples=60)
@given(
    st.lists(
        st.lists(
            st.tuples(
                st.sampled_from([STOCK, QUOTES, NEWS, "http://a/a", "http://b/b"]),
                st.floats(0, 60),
                st.floats(0.1, 50),
            ),
            max_size=5,
        ),
        min_size=3,
        max_size=14,
    )
)
def test_a_saving_is_never_negative_nor_more_than_all_but_the_longest(requests):
    def write(request, n):
        for url, at, ms in requests[n]:
            request.http(url, ms, at=1.0 + at)

    table = written(write, len(requests))
    for row in parallelism(table).arrow.to_pylist():
        assert 0 <= row["saves_ms"] <= row["sequential_ms"] + 1e-6
        assert row["saves_low_ms"] != row["saves_low_ms"] or row["saves_low_ms"] <= row["saves_ms"]
        assert row["share"] <= 1.0


_SPAN = st.fixed_dictionaries(
    {
        "trace_id": st.sampled_from(["t1", "t2", None]),
        "span_id": st.sampled_from("abcdefgh"),
        "parent_id": st.sampled_from([*"abcdefgh", None]),
        "kind": st.sampled_from(["server", "client", "internal", "producer", "consumer", None]),
        "category": st.sampled_from(["app", "http", "db", "cache", "queue", "rpc", "pool", None]),
        "name": st.one_of(st.none(), st.text(max_size=12)),
        "url": st.one_of(st.none(), st.text(max_size=12)),
        "statement": st.one_of(st.none(), st.text(max_size=12)),
        "started_at": st.one_of(st.none(), st.integers(0, 10**9)),
        "duration_ms": st.sampled_from(
            [None, -5.0, 0.0, 1e-6, 30.0, 300.0, 1e9, 1e15, float("nan")]
        ),
        "attributes": st.one_of(st.none(), st.binary(max_size=12)),
        "resource": st.one_of(st.none(), st.text(max_size=12)),
    }
)


@settings(max_examples=80)
@given(st.lists(_SPAN, max_size=30))
def test_any_spans_are_answered(rows):
    table = tables.from_columns(
        "spans", {k: [row[k] for row in rows] for k in rows[0]} if rows else {}
    )
    result = parallelism(table)
    assert result.to_dict()["headline"]
    deferrable.findings(Forest(table))
