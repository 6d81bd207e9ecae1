"""What distinguishes the slowest requests: planted differences are found, chance is not."""

import json

import numpy as np
import pyarrow as pa
import pytest

from perfkit.analyses.tail import tail
from perfkit.errors import UsageError
from perfkit.recording import Recording

START = 1_790_000_000_000_000_000


def spans(rng, count, *, slow=None, attributes=None, resource=None, extra=None, weight=None):
    """Return ``count`` requests of one route; ``slow``: flags of those that take 300 ms more."""
    duration = rng.lognormal(3.5, 0.25, count) + (0 if slow is None else 300 * slow)
    gap = 2_000_000_000
    rows = [
        {
            "trace_id": f"{n:032x}",
            "span_id": f"{n:016x}",
            "parent_id": None,
            "service": "shop",
            "name": "GET /orders",
            "kind": "server",
            "route": "/orders",
            "category": "app",
            "started_at": START + n * gap,
            "duration_ms": float(duration[n]),
            "weight": None if weight is None else float(weight[n]),
            "resource": None if resource is None else json.dumps(resource[n]),
            "attributes": json.dumps(
                {"request.key": f"k-{n}", **({} if attributes is None else attributes[n])}
            ).encode(),
        }
        for n in range(count)
    ]
    if extra is not None:
        rows += [
            {
                "trace_id": f"{n:032x}",
                "span_id": f"{n:015x}e",
                "parent_id": f"{n:016x}",
                "service": "shop",
                "name": "rebuild cache",
                "kind": "internal",
                "category": "cache",
                "started_at": START + n * gap + 1_000_000,
                "duration_ms": 1.0,
            }
            for n in np.flatnonzero(extra)
        ]
    return pa.Table.from_pylist(rows)


def found(result, name):
    return [row for row in result.arrow.to_pylist() if row["attribute"] == name]


@pytest.fixture
def rng():
    return np.random.default_rng(7)


def test_a_slow_host_is_named_with_its_share_and_its_cost(rng):
    host = rng.choice(["a", "b", "c", "d"], 3000)
    slow = (host == "b") & (rng.random(3000) < 0.08)
    result = tail(spans(rng, 3000, slow=slow, resource=[{"host.name": h} for h in host]))
    (row,) = found(result, "host.name")
    assert row["value"] == "b"
    assert row["slow_share"] > 0.9
    assert row["rest_share"] < 0.3
    assert row["q_value"] < 1e-6
    finding = result.findings[0]
    assert finding.rule == "tail-attribute"
    assert "host.name = b" in finding.title
    assert finding.saves_ms > 5  # 8 % of its requests lose 300 ms
    assert finding.keys["route"] == "/orders"
    assert "causes" in finding.fix.text


def test_a_call_that_only_slow_requests_make_is_named(rng):
    slow = rng.random(2000) < 0.02
    result = tail(spans(rng, 2000, slow=slow, extra=slow))
    (row,) = found(result, "shop: rebuild cache")
    assert row["kind"] == "structure"
    assert result.findings[0].rule == "tail-structure"
    assert "call shop: rebuild cache" in result.findings[0].title


def test_a_number_that_is_larger_in_slow_requests_is_named(rng):
    size = rng.integers(10, 100, 2000)
    slow = (size > 95) & (rng.random(2000) < 0.7)
    result = tail(spans(rng, 2000, slow=slow, attributes=[{"cart.items": int(s)} for s in size]))
    (row,) = found(result, "cart.items")
    assert row["kind"] == "number"
    assert row["slow_share"] > 0.9


def test_what_grows_with_a_number_shows_both_medians(rng):
    size = rng.integers(10, 100, 2000)
    slow = rng.random(2000) < (size / 300) ** 2
    result = tail(spans(rng, 2000, slow=slow, attributes=[{"cart.items": int(s)} for s in size]))
    row = next(row for row in found(result, "cart.items") if row["kind"] == "number")
    assert row["slow_median"] > row["rest_median"] + 10


def test_names_of_one_thing_are_one_row(rng):
    version = rng.random(2000) < 0.2
    slow = version & (rng.random(2000) < 0.1)
    told = [
        {"service.version": "2" if v else "1", "git.commit": "bb" if v else "aa"} for v in version
    ]
    result = tail(spans(rng, 2000, slow=slow, resource=told))
    assert len(result.findings) == 1
    row = result.arrow.to_pylist()[0]
    assert {row["attribute"], row["also_known_as"].split(" = ")[0]} == {
        "service.version",
        "git.commit",
    }


def test_what_a_stronger_feature_explains_is_no_finding(rng):
    """Most customers of tenant x are on the slow host; on other hosts tenant x is as quick."""
    host = rng.choice(["a", "b"], 6000, p=[0.8, 0.2])
    tenant = np.where(rng.random(6000) < np.where(host == "b", 0.9, 0.1), "x", "y")
    slow = (host == "b") & (rng.random(6000) < 0.2)
    result = tail(
        spans(
            rng,
            6000,
            slow=slow,
            resource=[{"host.name": h} for h in host],
            attributes=[{"tenant": t} for t in tenant],
        )
    )
    (row,) = (row for row in found(result, "tenant") if row["value"] == "x")
    assert row["explained_by"] == "host.name = b"
    assert all("tenant" not in finding.title for finding in result.findings)


def test_identifiers_and_durations_are_no_features(rng):
    slow = rng.random(2000) < 0.02
    told = [
        {"user.id": f"u{n}", "order_id": int(10**9 + n), "response_time": int(s), "took_ms": int(s)}
        for n, s in enumerate(slow)
    ]
    result = tail(spans(rng, 2000, slow=slow, attributes=told))
    assert result.arrow.num_rows == 0
    assert not result.findings


def test_chance_is_reported_as_rarely_as_promised():
    """Durations that nothing explains: any report is false; 5 % of the runs may have one."""
    reports = 0
    for seed in range(100):
        rng = np.random.default_rng(seed)
        told = [
            {f"a{n}": str(v) for n, v in enumerate(values)}
            for values in rng.integers(0, 5, (400, 8))
        ]
        slow = rng.random(400) < 0.06
        reports += bool(tail(spans(rng, 400, slow=slow, attributes=told)).arrow.num_rows)
    assert reports <= 10


def test_sampled_requests_count_with_their_weight(rng):
    """Every slow request was kept, of the others 1 in 20: host b has 5 % of all requests."""
    host = np.where(rng.random(20_000) < 0.05, "b", "a")
    slow = (host == "b") & (rng.random(20_000) < 0.3)
    kept = slow | (rng.random(20_000) < 0.05)
    weight = np.where(slow, 1.0, 20.0)[kept]
    one = tail(
        spans(rng, int(kept.sum()), slow=slow[kept], weight=weight)
        .drop_columns("resource")
        .append_column("resource", pa.array([json.dumps({"host.name": h}) for h in host[kept]]))
    )
    (row,) = found(one, "host.name")
    assert row["rest_share"] == pytest.approx(0.04, abs=0.02)


@pytest.mark.parametrize("name", ["spans", "requests"])
def test_a_route_that_nobody_serves_is_a_usage_error_with_near_names(rng, name):
    made = spans(rng, 30)
    columns = [
        "route",
        "started_at",
        "duration_ms",
        *(["trace_id", "span_id"][: 2 * (name == "spans")]),
    ]
    rec = Recording.from_frames(**{name: made.select(columns)})
    with pytest.raises(UsageError, match="tail: no request is served on route '/order'") as raised:
        tail(rec, route="/order")
    assert raised.value.hint == "did you mean /orders?"
    assert tail(rec, route="/orders").totals["requests"] == 30


def test_a_route_is_asked_for_by_the_template_of_its_paths():
    rows = {"path": [f"/items/{n}" for n in range(3)], "duration_ms": [1.0] * 3}
    at = pa.array([START + n for n in range(3)])
    rec = Recording.from_frames(requests=pa.table({**rows, "started_at": at}))
    assert tail(rec, route="/items/{id}").totals["requests"] == 3


def test_a_route_without_a_tail_is_left_alone(rng):
    result = tail(spans(rng, 2000))
    assert not result.findings
    assert result.arrow.num_rows == 0


def test_too_few_requests_say_so(rng):
    result = tail(spans(rng, 40))
    assert "too few" in result.headline
    assert any("too few" in caveat for caveat in result.caveats)


def test_logged_requests_do_without_traces(rng):
    slow = rng.random(1000) < 0.03
    method = np.where(slow | (rng.random(1000) < 0.1), "POST", "GET")
    rec = Recording.from_frames(
        requests=pa.table(
            {
                "started_at": pa.array(
                    START + 2_000_000_000 * np.arange(1000), pa.timestamp("ns", "UTC")
                ),
                "duration_ms": rng.lognormal(3, 0.2, 1000) + 400 * slow,
                "route": ["/pay"] * 1000,
                "method": method,
            }
        )
    )
    (row,) = found(tail(rec), "method")
    assert (row["value"], row["route"]) == ("POST", "/pay")


def test_the_order_of_rows_changes_nothing(rng):
    host = rng.choice(["a", "b"], 1500)
    slow = (host == "b") & (rng.random(1500) < 0.05)
    table = spans(rng, 1500, slow=slow, resource=[{"host.name": h} for h in host])
    shuffled = table.take(rng.permutation(1500))
    assert tail(table).arrow.equals(tail(shuffled).arrow)


def test_many_requests_are_looked_at_in_part(rng, monkeypatch):
    monkeypatch.setattr("perfkit.analyses.tails.observed.MOST_REST", 500)
    host = rng.choice(["a", "b"], 4000)
    slow = (host == "b") & (rng.random(4000) < 0.05)
    result = tail(spans(rng, 4000, slow=slow, resource=[{"host.name": h} for h in host]))
    assert found(result, "host.name")[0]["value"] == "b"
    assert any("left out at random" in caveat for caveat in result.caveats)


def test_nothing_at_all_is_answered():
    result = tail(Recording())
    assert result.totals["requests"] == 0
    assert not result.findings


@pytest.mark.parametrize("percentile", [0, 49, 100, -1])
def test_a_percentile_that_is_none_is_refused(percentile):
    with pytest.raises(UsageError, match="percentile"):
        tail(Recording(), percentile=percentile)


def test_hostile_names_stay_data(rng):
    evil = '"><script>alert(1)</script>\x1b[31m'
    slow = rng.random(1000) < 0.05
    told = [{evil: "yes" if s else "no"} for s in slow]
    result = tail(spans(rng, 1000, slow=slow, attributes=told))
    assert result.findings
    assert "<script>" not in result.to_html()
    assert "\x1b" not in result.to_text()


def below(count, resource):
    """Return a call of each request into another service, whose process is told."""
    return pa.Table.from_pylist(
        [
            {
                "trace_id": f"{n:032x}",
                "span_id": f"{n:015x}c",
                "parent_id": f"{n:016x}",
                "service": "stock",
                "name": "GET /stock",
                "kind": "server",
                "category": "app",
                "started_at": START + n * 2_000_000_000 + 1_000_000,
                "duration_ms": 1.0,
                "resource": json.dumps(resource[n]),
            }
            for n in range(count)
        ]
    )


def test_the_process_of_another_service_is_named_where_its_callers_are_slow(rng):
    host = rng.choice(["a", "b", "c"], 1500)
    table = spans(rng, 1500, slow=(host == "b") & (rng.random(1500) < 0.1))
    called = below(1500, [{"host.name": h, "service.version": "7"} for h in host])
    result = tail(pa.concat_tables([table, called], promote_options="permissive"))
    (row,) = found(result, "stock: host.name")
    assert (row["value"], row["slow_share"] > 0.9) == ("b", True)
    assert not found(result, "stock: service.version")  # all have it
    assert "Take it out of rotation" in result.findings[0].fix.text


def test_slow_requests_too_few_for_a_percentile_are_still_told_from_the_rest(rng):
    """Of 130 the slowest tenth are 13: with 11 slow ones it begins among the others."""
    slow = np.arange(130) % 12 == 0
    lasted = pa.array(30 + rng.random(130) + 300 * slow)
    table = spans(rng, 130, resource=[{"host.name": f"h{s:d}"} for s in slow])
    table = table.set_column(table.schema.get_field_index("duration_ms"), "duration_ms", lasted)
    result = tail(table)
    (row,) = found(result, "host.name")
    assert (row["value"], row["slow_share"], row["rest_share"]) == ("h1", 1.0, 0.0)
    assert "11 of 130 requests" in " ".join(result.caveats)
    assert not tail(table, percentile=90).findings  # what is asked for stays
