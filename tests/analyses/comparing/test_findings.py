import numpy as np
import pytest

from perfkit.analyses.compare import compare


def statuses(n, failed, code=500):
    return [code if i % 100 < failed else 200 for i in range(n)]


def found(result, rule):
    return next(finding for finding in result.findings if finding.rule == rule)


def test_a_service_that_fails_fast_does_not_look_faster(requests, by_key):
    before = requests({"/a": (600, 100)}, status=statuses(600, 0))
    after = requests({"/a": (600, 100)}, seed=1, status=statuses(600, 60))
    fast = np.where(np.array(after["status"]) == 500, 1.0, np.array(after["duration_ms"]))
    result = compare(before, after.set_column(2, "duration_ms", [fast]))
    row = by_key(result)["/a"]
    assert row["verdict"] == "no change detected"
    assert (row["error_rate_before"], row["error_rate_after"]) == (0, 0.6)
    finding = found(result, "fails-more")
    assert "looks faster" in finding.title
    assert finding.keys == {"route": "/a"}
    assert "status >= 500" in finding.fix.snippet
    assert any("Failures are not compared" in caveat for caveat in result.caveats)


def test_quick_refusals_do_not_look_like_speed(requests, by_key):
    before = requests({"/a": (500, 100)}, status=statuses(500, 1, 429))
    after = requests({"/a": (500, 100)}, seed=1, status=statuses(500, 70, 429))
    fast = np.where(np.array(after["status"]) == 429, 1.0, np.array(after["duration_ms"]))
    result = compare(before, after.set_column(2, "duration_ms", [fast]))
    assert by_key(result)["/a"]["verdict"] == "no change detected"
    assert "refuses 70.0 %" in found(result, "refuses-more").title


def test_a_few_failures_more_are_none(requests):
    before = requests({"/a": (500, 100)}, status=statuses(500, 2))
    after = requests({"/a": (500, 100)}, seed=1, status=statuses(500, 3))
    assert compare(before, after).findings == ()


def test_a_burst_of_failures_counts_as_little_as_it_tells(requests):
    status = [500 if 100 <= i < 115 else 200 for i in range(500)]
    before = requests({"/a": (500, 100)}, status=[200] * 500)
    after = requests({"/a": (500, 100)}, seed=1, status=status)
    assert compare(before, after).findings == ()


def test_what_got_slower_costs_time_per_hour(requests):
    before = requests({"/a": (600, 100)}, sigma=0.01)
    after = requests({"/a": (600, 150)}, sigma=0.01, seed=1)
    finding = found(compare(before, after), "got-slower")
    # 20 requests a second, 50 ms more each, during 30 seconds
    assert finding.saves_basis == "per hour"
    assert finding.saves_ms == pytest.approx(20 * 3600 * 50, rel=0.02)
    assert finding.saves_total_ms == pytest.approx(600 * 50, rel=0.02)
    assert "50 % slower" in finding.title
    assert [row["side"] for row in finding.evidence] == ["before", "after"]
    assert finding.fix.snippet == "perfkit.diagnose(after.where(route='/a'))"


def test_without_times_it_costs_time_per_call(requests):
    sides = [requests({"/a": (200, ms)}, seed=ms).drop_columns(["started_at"]) for ms in (100, 200)]
    finding = found(compare(*sides), "got-slower")
    assert finding.saves_basis == "per call"
    assert finding.saves_ms == pytest.approx(100, rel=0.1)
    assert finding.saves_times == 200


def test_a_tail_that_alone_got_slower_is_found(requests, by_key):
    before, after = (requests({"/a": (2000, 100)}, seed=seed) for seed in (0, 1))
    ms = np.array(after["duration_ms"]) * np.where(np.arange(2000) % 14, 1, 8)
    result = compare(before, after.set_column(2, "duration_ms", [ms]))
    row = by_key(result)["/a"]
    assert row["verdict"] == "no change detected"
    assert row["tail"].endswith("slower")
    assert "perfkit.tail(" in found(result, "tail-slower").fix.snippet


def test_what_got_faster_is_no_finding_but_said(requests):
    before, after = requests({"/a": (300, 100)}), requests({"/a": (300, 60)}, seed=1)
    result = compare(before, after)
    assert result.findings == ()
    assert "1 route faster: /a 4" in result.headline


def test_what_costs_next_to_nothing_is_no_warning(requests):
    routes = {"/heavy": (300, 1000.0), "/tiny": (300, 1.0)}
    before = requests(routes)
    after = requests(routes | {"/tiny": (300, 1.5)}, seed=1)
    assert found(compare(before, after), "got-slower").severity == "info"


def test_a_statement_called_more_often_is_found_with_its_cost(built, by_key):
    def side(calls, seed):
        random = np.random.default_rng(seed)
        at = [f"2026-01-01T00:00:{i // 10:02d}.{i % 10}00Z" for i in range(300)]
        return built(
            requests=[{"started_at": one, "route": "/a", "duration_ms": 9.0} for one in at],
            queries=[
                {
                    "started_at": one,
                    "statement": f"select * from items where id = {i}",
                    "duration_ms": float(random.lognormal()),
                }
                for one in at
                for i in range(random.poisson(calls))
            ],
        )

    result = compare(side(1, 1), side(8, 2), by="fingerprint")
    (row,) = by_key(result).values()
    assert row["verdict"] == row["frequency"] == "more frequent"
    assert row["calls_per_request_after"] == pytest.approx(8, rel=0.1)
    finding = found(result, "more-frequent")
    assert finding.saves_total_ms == pytest.approx(row["total_after_ms"] * 7 / 8, rel=0.05)
    assert "n_plus_one" in finding.fix.snippet
