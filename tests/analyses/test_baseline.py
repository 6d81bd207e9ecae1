import math
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import perfkit
from perfkit.analyses.baseline import baseline
from perfkit.errors import UsageError
from perfkit.recording import Note, Recording

START = datetime(2026, 1, 1, tzinfo=UTC)
ROWS = st.lists(
    st.tuples(
        st.sampled_from(["/orders", "/report", None]),
        st.one_of(st.none(), st.floats(0, 1e5)),
        st.sampled_from([200, 404, 500, 503, None]),
    ),
    max_size=120,
)


def requests(rows, **more):
    routes, durations, statuses = ([row[i] for row in rows] for i in range(3))
    columns = {
        "route": pa.array(routes, pa.string()),
        "duration_ms": pa.array(durations, pa.float64()),
        "status": pa.array(statuses, pa.int64()),
    }
    return pa.table({**columns, **more})


def by_route(result):
    return {row["route"]: row for row in result.arrow.to_pylist()}


def test_each_route_has_counts_percentiles_and_its_time_in_all():
    rows = [("/a", 10.0, 200), ("/a", 30.0, 500), ("/a", 20.0, 404), ("/b", 5.0, 200)]
    found = by_route(baseline(requests(rows)))
    assert list(found) == ["/a", "/b"]
    assert (found["/a"]["requests"], found["/a"]["errors"]) == (3, 1)
    assert found["/a"]["error_rate"] == pytest.approx(1 / 3)
    assert (found["/a"]["p50_ms"], found["/a"]["max_ms"], found["/a"]["total_ms"]) == (20, 30, 60)
    assert found["/b"]["error_rate"] == 0


def test_the_rate_is_over_the_whole_recording():
    rows = [("/a", 1000.0, 200), ("/a", 1000.0, 200), ("/b", 1000.0, 200)]
    times = [START, START + timedelta(seconds=5), START + timedelta(seconds=9)]
    result = baseline(requests(rows, started_at=times))
    assert by_route(result)["/a"]["rate_per_s"] == pytest.approx(0.2)  # 2 in 10 s
    assert result.totals["rate_per_s"] == pytest.approx(0.3)


def test_without_times_the_rate_is_unknown():
    assert math.isnan(by_route(baseline(requests([("/a", 1.0, 200)])))["/a"]["rate_per_s"])


def test_where_neither_status_nor_error_is_known_the_error_rate_is_unknown():
    row = by_route(baseline(requests([("/a", 1.0, None)])))["/a"]
    assert row["errors"] is None
    assert math.isnan(row["error_rate"])


def test_an_error_without_a_status_counts():
    table = requests([("/a", 1.0, None), ("/a", 1.0, 200)], error=["timeout", None])
    assert by_route(baseline(table))["/a"]["errors"] == 1


def test_without_a_route_the_path_counts_without_its_query():
    table = requests([(None, 1.0, 200), (None, 2.0, 200)], path=["/x?id=1", "/x?id=2"])
    assert by_route(baseline(table))["/x"]["requests"] == 2


def test_a_route_with_several_methods_is_one_row_with_a_caveat():
    table = requests([("/a", 1.0, 200), ("/a", 2.0, 201)], method=["GET", "POST"])
    result = baseline(table)
    assert by_route(result)["/a"]["methods"] == "GET POST"
    assert any("mix methods" in caveat for caveat in result.caveats)


@given(ROWS)
def test_counts_and_times_are_those_of_the_input(rows):
    result = baseline(requests(rows))
    found = by_route(result)
    assert sum(row["requests"] for row in found.values()) == len(rows)
    for route, row in found.items():
        known = [d for r, d, _ in rows if r == route and d is not None]
        assert row["total_ms"] == pytest.approx(sum(known))
        assert row["errors"] in {None, sum((s or 0) >= 500 for r, _, s in rows if r == route)}
        if known:
            assert row["p95_ms"] == pytest.approx(np.quantile(known, 0.95))


@given(ROWS, st.randoms())
def test_the_order_of_rows_does_not_matter(rows, random):
    shuffled = list(rows)
    random.shuffle(shuffled)
    assert baseline(requests(rows)).to_dict() == baseline(requests(shuffled)).to_dict()


def spread(route, count, *, median, sigma=0.2, failed=0):
    values = median * np.exp(sigma * np.random.default_rng(7).standard_normal(count))
    return [(route, value, 500 if i < failed else 200) for i, value in enumerate(values)]


def test_an_ordinary_service_has_no_finding():
    rows = spread("/a", 1000, median=30, sigma=0.4, failed=4) + spread("/b", 500, median=300)
    result = baseline(requests(rows))
    assert result.findings == ()
    assert "Nothing wrong was found" in result.to_text()


def test_a_p95_above_a_second_is_a_finding():
    (finding,) = baseline(requests(spread("/slow", 100, median=1500))).findings
    assert (finding.rule, finding.keys) == ("slow-route", {"route": "/slow"})
    assert "rec.where(route='/slow')" in finding.fix.snippet


def test_a_p95_of_too_few_requests_is_none():
    assert baseline(requests(spread("/slow", 60, median=1500))).findings == ()


def test_failures_above_one_per_cent_are_a_finding():
    (finding,) = baseline(requests(spread("/a", 500, median=30, failed=20))).findings
    assert (finding.rule, finding.severity) == ("error-rate", "critical")
    assert "4.0 %" in finding.title


def test_one_failure_of_eighty_is_none():
    assert baseline(requests(spread("/a", 80, median=30, failed=1))).findings == ()


def test_a_long_tail_is_a_finding_with_enough_requests_only():
    tail = [("/a", 20.0, 200)] * 950 + [("/a", 400.0, 200)] * 50
    assert [f.rule for f in baseline(requests(tail)).findings] == ["long-tail"]
    assert baseline(requests(tail[700:])).findings == ()


def test_what_limits_the_recording_is_passed_on():
    rec = Recording.from_frames(requests=requests([("/a", 1.0, 200)]))
    noted = rec.with_quality(Note(kind="sampling", message="One request in ten was kept."))
    assert "One request in ten was kept." in baseline(noted).caveats


def test_nothing_read_is_an_answer():
    assert baseline(requests([])).headline == "No request is in what was read."


@given(ROWS)
def test_every_percentile_is_numpys_in_the_table_and_in_json_shown_or_not(rows):
    result = baseline(requests(rows))
    as_json = {row["route"]: row for row in result.to_dict()["routes"]}
    for route, row in by_route(result).items():
        known = [d for r, d, _ in rows if r == route and d is not None]
        for name, q in (("p50", 0.5), ("p90", 0.9), ("p95", 0.95), ("p99", 0.99)):
            if known:
                assert row[f"{name}_ms"] == as_json[route][f"{name}_ms"] == np.quantile(known, q)
            else:
                assert as_json[route][f"{name}_ms"] is None


def test_a_random_log_is_described_as_pandas_describes_it():
    rng = np.random.default_rng(11)
    count = 20_000
    frame = pd.DataFrame(
        {
            "route": rng.choice([f"/r{n}" for n in range(40)], count),
            "duration_ms": np.where(rng.random(count) < 0.02, np.nan, rng.lognormal(3, 1, count)),
            "status": rng.choice([200, 404, 500, 503], count, p=[0.9, 0.05, 0.03, 0.02]),
        }
    )
    found = baseline(frame).table.set_index("route").sort_index()
    by = frame.groupby("route")
    for name, q in (("p50_ms", 0.5), ("p90_ms", 0.9), ("p95_ms", 0.95), ("p99_ms", 0.99)):
        assert found[name].to_numpy() == pytest.approx(by.duration_ms.quantile(q).to_numpy())
    assert found["total_ms"].to_numpy() == pytest.approx(by.duration_ms.sum().to_numpy())
    assert found["max_ms"].to_numpy() == pytest.approx(by.duration_ms.max().to_numpy())
    assert found["mean_ms"].to_numpy() == pytest.approx(by.duration_ms.mean().to_numpy())
    assert found["requests"].tolist() == by.size().tolist()
    assert found["errors"].tolist() == (frame.status >= 500).groupby(frame.route).sum().tolist()
    assert baseline(frame).arrow["total_ms"].to_pylist() == sorted(found["total_ms"])[::-1]


def test_too_few_requests_are_shown_as_such_with_their_count():
    result = baseline(requests([("/a", float(n), 200) for n in range(50)]))
    assert "n/a (50)" in result.to_text()
    assert result.to_dict()["routes"][0]["p95_ms"] == pytest.approx(46.55)


def test_the_sample_without_faults_has_no_finding():
    assert baseline(perfkit.sample("healthy")).findings == ()


def test_a_budget_is_judged_by_route_and_said_in_the_headline():
    rows = spread("/fast", 500, median=30) + spread("/slow", 500, median=300)
    result = baseline(requests(rows), budget="p95<200ms")
    verdicts = {route: row["budget"] for route, row in by_route(result).items()}
    assert verdicts == {"/fast": "met", "/slow": "broken"}
    assert result.headline.endswith("p95 < 200 ms is broken by 1 of 2 routes: /slow")
    assert result.budget_ms == 200
    met = baseline(requests(rows), budget="p95<2s")
    assert "there is no prize for the next 10 ms" in met.headline
    with pytest.raises(UsageError, match="budget"):
        baseline(requests(rows), budget="fast")


def test_a_threshold_can_be_changed():
    rows = requests(spread("/a", 500, median=300))
    assert baseline(rows).findings == ()
    (finding,) = baseline(rows, thresholds={"slow_p95_ms": 200}).findings
    assert finding.rule == "slow-route"
    with pytest.raises(UsageError, match="there is none called"):
        baseline(rows, thresholds={"slow": 1})


def test_what_was_checked_is_a_section():
    result = baseline(requests(spread("/a", 500, median=30)))
    rules = result.sections["Rules checked"].to_pylist()
    assert len({row["rule"] for row in rules}) == len(rules)
    assert "error-rate" in {row["rule"] for row in rules}
    assert any("p95 of every route" in checked for checked in result.checked)


def test_no_rule_fires_twice():
    rows = spread("/slow", 500, median=1500, failed=100)
    found = [(f.rule, f.keys.get("route")) for f in baseline(requests(rows)).findings]
    assert len(set(found)) == len(found)
