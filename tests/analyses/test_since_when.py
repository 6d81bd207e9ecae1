import json
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest

import perfkit
from perfkit.analyses.since_when import since_when
from perfkit.errors import UsageError
from perfkit.recording import Recording
from perfkit.shipped import folder

MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
ORIGIN = 1_767_571_200 * 10**9
HOUR = 3600 * 10**9


def requests(slow, routes=("/search",), count=4000, hours=2.0, seed=0):
    """Return requests; `slow` gives log latency above 20 ms for times in hours and a route."""
    rng = np.random.default_rng(seed)
    parts = []
    for route in routes:
        at = np.sort(rng.uniform(0, hours, count))
        ms = 20 * np.exp(slow(at, route) + 0.35 * rng.standard_normal(count))
        times = pa.array(ORIGIN + (at * HOUR).astype(np.int64), pa.timestamp("ns", "UTC"))
        parts.append(pa.table({"started_at": times, "duration_ms": ms, "route": [route] * count}))
    return pa.concat_tables(parts)


def step(at, by=0.4):
    return lambda hours, _route: by * (hours >= at)


def recorded(table, zone="UTC"):
    return Recording.from_frames(tz=zone, requests=table)


def rows(result):
    return result.arrow.cast(
        pa.schema(
            [
                pa.field(f.name, pa.timestamp("us", "UTC")) if pa.types.is_timestamp(f.type) else f
                for f in result.arrow.schema
            ]
        ),
        safe=False,
    ).to_pylist()


@pytest.fixture(scope="module")
def launch():
    return since_when(perfkit.sample("shop_launch"))


def test_the_launch_of_the_shop_lies_in_every_interval(launch):
    story = json.loads((folder("sample_data") / "shop_launch" / "story.json").read_text())
    true = datetime.fromisoformat(story["marks"][0]["at"])
    changed = rows(launch)
    assert {"/orders", "/dashboard", "/checkout", "/orders/search"} <= {r["route"] for r in changed}
    for row in changed:
        assert row["kind"] == "step"
        assert row["change_pct"] > 0
        assert row["low_at"] - timedelta(seconds=1) <= true <= row["high_at"]
        assert "launch" in row["coincides"]


def test_what_changed_together_is_one_finding_that_names_the_coincidence(launch):
    (finding,) = launch.findings
    assert "of six routes got slower" in finding.title
    assert "after deploy (launch)" in finding.title
    assert "share" in finding.title
    assert "no proof" in finding.fix.text
    assert finding.severity == "critical"


def test_a_healthy_launch_is_quiet():
    result = since_when(perfkit.sample("healthy"))
    assert not result.findings
    assert result.arrow.num_rows == 0
    assert result.headline.startswith("No change in p50 or p95 of 6 routes")
    assert not since_when(perfkit.sample("healthy"), by="fingerprint").findings


def test_statements_are_told_by_their_text():
    result = since_when(perfkit.sample("shop_launch"), by="fingerprint")
    first = rows(result)[0]
    assert first["fingerprint"].startswith("select")
    assert len(first["fingerprint_id"]) == 16
    assert result.findings[0].keys["fingerprint_id"]


def test_a_step_has_its_time_levels_and_cost():
    result = since_when(requests(step(1.25)))
    by_percentile = {row["percentile"]: row for row in rows(result)}
    assert set(by_percentile) == {"p50", "p95"}
    row = by_percentile["p50"]
    assert row["low_at"] <= MONDAY + timedelta(hours=1.25) <= row["high_at"]
    assert row["before_ms"] == pytest.approx(20, rel=0.04)
    assert row["change_pct"] == pytest.approx(49, abs=6)
    (finding,) = result.findings
    assert finding.rule == "change-slower"
    assert finding.saves_ms == pytest.approx(10, rel=0.15)
    assert finding.saves_total_ms == pytest.approx(10 * 1500, rel=0.2)
    assert "since 01:1" in finding.title


def test_an_episode_is_one_row_from_to():
    result = since_when(requests(lambda at, _: 1.0 * ((at > 1) & (at < 1.17)), count=8000))
    assert {row["kind"] for row in rows(result)} == {"episode"}
    row = rows(result)[0]
    assert abs(row["at"] - MONDAY - timedelta(hours=1)) < timedelta(minutes=1)
    assert abs(row["until"] - MONDAY - timedelta(hours=1.17)) < timedelta(minutes=1)
    assert "from 01:00 to 01:10" in result.findings[0].title


def test_growth_over_days_is_gradual():
    result = since_when(requests(lambda at, _: 0.004 * at, count=12_000, hours=168))
    assert {row["kind"] for row in rows(result)} == {"gradual"}
    assert "gradually from" in result.findings[0].title


def test_a_daily_cycle_is_no_change_with_days_and_a_caveat_without():
    def cycle(at, _route):
        return 0.4 * np.sin(2 * np.pi * at / 24)

    days = since_when(requests(cycle, count=15_000, hours=96))
    assert not days.findings
    one = since_when(requests(cycle, count=15_000, hours=24))
    assert not one.findings
    assert any("daily cycle cannot be excluded" in note for note in one.caveats)


def test_faster_is_information_without_saving():
    (finding,) = since_when(requests(step(1.0, by=-0.5))).findings
    assert (finding.rule, finding.severity) == ("change-faster", "info")
    assert finding.saves_ms is None


@pytest.mark.parametrize("hours", [-1000, 5, 40_000])
def test_shifted_times_shift_the_answer(hours):
    table = requests(step(1.0))
    shifted = pa.compute.add(table["started_at"], pa.scalar(timedelta(hours=hours)))
    moved = table.set_column(0, "started_at", shifted)
    for one, other in zip(rows(since_when(table)), rows(since_when(moved)), strict=True):
        assert other["at"] - one["at"] == timedelta(hours=hours)
        assert other["after_ms"] == pytest.approx(one["after_ms"])


def test_scaled_durations_scale_levels_but_not_times():
    table = requests(step(1.0))
    scaled = table.set_column(1, "duration_ms", pa.compute.multiply(table["duration_ms"], 7.0))
    for one, other in zip(rows(since_when(table)), rows(since_when(scaled)), strict=True):
        assert (other["at"], other["low_at"], other["high_at"]) == (
            one["at"],
            one["low_at"],
            one["high_at"],
        )
        assert other["before_ms"] == pytest.approx(7 * one["before_ms"])


def test_the_order_of_rows_does_not_matter():
    table = requests(step(1.0), routes=("/a", "/b"))
    shuffled = table.take(np.random.default_rng(1).permutation(table.num_rows))
    assert since_when(table).to_dict() == since_when(shuffled).to_dict()


def test_unknown_times_and_durations_are_left_out_and_counted():
    table = requests(step(1.0))
    more = pa.table(
        {
            "started_at": pa.array([None] * 300, pa.timestamp("ns", "UTC")),
            "duration_ms": [5000.0] * 300,
            "route": ["/search"] * 300,
        }
    )
    nulls = pa.table(
        {
            "started_at": table["started_at"].slice(0, 200),
            "duration_ms": pa.nulls(200, pa.float64()),
            "route": ["/search"] * 200,
        }
    )
    result = since_when(pa.concat_tables([table, more, nulls]))
    assert rows(result) == rows(since_when(table))
    assert any("500 rows without a time or a duration" in note for note in result.caveats)


def test_too_few_requests_are_said_to_be_too_few():
    table = pa.concat_tables([requests(step(1.0)), requests(step(1.0), ("/rare",), count=40)])
    result = since_when(table)
    assert any("1 of 2 routes were not judged" in note for note in result.caveats)


@pytest.mark.parametrize("durations", [[20.0] * 1000, [0.0] * 1000])
def test_a_constant_series_has_no_change(durations):
    times = pa.array(ORIGIN + np.arange(1000) * 10**9, pa.timestamp("ns", "UTC"))
    table = pa.table({"started_at": times, "duration_ms": durations, "route": ["/a"] * 1000})
    assert not since_when(table).findings


def test_nothing_and_one_moment_are_answers_too():
    assert since_when(Recording()).headline.startswith("Nothing has enough requests")
    times = pa.array([ORIGIN] * 1000, pa.timestamp("ns", "UTC"))
    at_once = pa.table({"started_at": times, "duration_ms": [1.0] * 1000, "route": ["/a"] * 1000})
    assert since_when(at_once).totals["judged"] == 0


def test_requests_sent_to_others_do_not_count_beside_served_ones():
    table = requests(step(1.0))
    kinds = ["client"] * 7 + ["server"] * (len(table) - 7)
    mixed = table.append_column("kind", pa.array(kinds))
    assert since_when(mixed).totals["rows"] == len(table) - 7


def test_a_load_test_sent_all_there_is():
    table = requests(step(1.0))
    sent = table.append_column("kind", pa.array(["client"] * len(table)))
    assert rows(since_when(sent)) == rows(since_when(table)) != []


def test_whole_milliseconds_and_whole_seconds_are_enough():
    table = requests(step(1.0))
    coarse = table.set_column(1, "duration_ms", pa.compute.round(table["duration_ms"]))
    floored = pa.compute.floor_temporal(coarse["started_at"], unit="second")
    changed = rows(since_when(coarse.set_column(0, "started_at", floored)))
    assert {row["kind"] for row in changed} == {"step"}


def test_the_zone_of_the_recording_tells_the_time():
    result = since_when(recorded(requests(step(1.25)), zone="Asia/Tokyo"))
    assert "since 10:1" in result.findings[0].title


def test_the_snippet_names_windows_that_exist():
    rec = recorded(requests(step(1.0)))
    snippet = since_when(rec).findings[0].fix.snippet
    windows = snippet.split('"')[1:8:2]
    before, after = rec.between(*windows[:2]), rec.between(*windows[2:])
    assert before.arrow("requests").num_rows + after.arrow("requests").num_rows == 4000


def test_an_unknown_key_is_a_sentence():
    with pytest.raises(UsageError, match="there is no key 'client'"):
        since_when(Recording(), by="client")
