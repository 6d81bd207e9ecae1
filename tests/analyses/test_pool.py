"""Starved pools are found with their cause; innocent ones yield nothing."""

from __future__ import annotations

import heapq
import itertools
import json
import math
import random
import threading
import time
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.pool import QueuePool

from perfkit import tables
from perfkit.analyses.pool import pool
from perfkit.analyses.pools import queueing
from perfkit.errors import UsageError
from perfkit.probes.pool_watch import watch_pool
from perfkit.recording import Recording

START = datetime(2026, 1, 1, 14, 2, tzinfo=UTC)
STACK = "app/main.py:serve:7;app/checkout.py:pay:42"


def at(seconds):
    return START + timedelta(seconds=seconds)


def queue(arrivals, holds, size, busy=1.0, stack=STACK, name="shop", timeout=math.inf):
    """Simulate a fair pool; return rows of checkouts."""
    free = [0.0] * size
    rows = []
    for number, (asked, hold) in enumerate(zip(arrivals, holds, strict=True)):
        got = max(asked, free[0])
        row = {"pool": name, "worker": f"w{number}", "requested_at": at(asked), "stack": stack}
        if got - asked > timeout:
            rows.append({**row, "wait_ms": timeout * 1e3})
            continue
        heapq.heapreplace(free, got + hold)
        rows.append(
            {
                **row,
                "acquired_at": at(got),
                "released_at": at(got + hold),
                "wait_ms": (got - asked) * 1e3,
                "hold_ms": hold * 1e3,
                "busy_ms": hold * 1e3 * busy,
                "trace_id": f"{number:032x}",
            }
        )
    return rows


def poisson(rate, count, seed=1):
    rng = random.Random(seed)
    return list(itertools.accumulate(rng.expovariate(rate) for _ in range(count)))


def exponential(mean, count, seed=2):
    rng = random.Random(seed)
    return [rng.expovariate(1 / mean) for _ in range(count)]


def table(name, rows):
    columns = {key: [row.get(key) for row in rows] for key in {k for row in rows for k in row}}
    return tables.from_columns(name, columns)


def recording(rows, size=5, **more):
    samples = [{"at": at(second), "pool": "shop", "max_size": size} for second in (0, 1)]
    return Recording.from_frames(
        checkouts=table("checkouts", rows),
        pool_samples=table("pool_samples", samples),
        **{name: table(name, found) for name, found in more.items()},
    )


def starved(busy=0.1, **more):
    holds = [0.4] * 300
    return recording(queue(poisson(14, 300), holds, 5, busy=busy, **more))


def test_a_connection_held_for_something_else_is_the_cause():
    found = pool(starved())
    (finding,) = found.findings
    assert finding.rule == "connection-held-idle"
    assert finding.severity == "critical"
    assert "app/checkout.py:pay:42" in finding.title
    assert "90.0 %" in finding.title
    assert finding.keys["pool"] == "shop"
    assert "engine.begin()" in finding.fix.snippet
    row = found.table.iloc[0]
    assert finding.saves_ms == pytest.approx(row["mean_wait_ms"], rel=0.05)
    assert finding.saves_times == 300
    assert finding.confidence == "medium"


def test_the_saving_is_what_a_simulation_saves():
    arrivals = poisson(14, 300)
    before = recording(queue(arrivals, [0.4] * 300, 5, busy=0.1))
    after = queue(arrivals, [0.04] * 300, 5)
    saved = pool(before).findings[0].saves_ms
    truth = pool(before).table.loc[0, "mean_wait_ms"] - np.mean([row["wait_ms"] for row in after])
    assert saved == pytest.approx(truth, rel=0.1)


def test_the_call_made_meanwhile_is_named():
    rows = queue(poisson(14, 300), [0.4] * 300, 5, busy=0.1)
    spans = [
        {
            "trace_id": row["trace_id"],
            "span_id": row["trace_id"][-16:],
            "kind": "client",
            "category": category,
            "peer": peer,
            "name": "POST",
            "started_at": row["acquired_at"] + timedelta(milliseconds=start),
            "duration_ms": took,
        }
        for row in rows
        for category, peer, start, took in (
            ("http", "payments", 30, 360.0),
            ("db", "postgresql", 0, 400.0),
            ("http", "later", 500, 900.0),
        )
    ]
    (finding,) = pool(recording(rows, spans=spans)).findings
    assert "while it calls payments" in finding.title
    assert finding.keys["peer"] == "payments"
    assert finding.evidence[0]["meanwhile_share"] == pytest.approx(0.9, abs=0.01)


def test_a_busy_database_means_the_pool_is_too_small_and_says_how_many_by_little():
    rows = queue(poisson(45, 900), exponential(0.1, 900), 5, busy=0.97)
    found = pool(recording(rows))
    (finding,) = found.findings
    assert finding.rule == "pool-too-small"
    size = int(finding.fix.snippet.split("pool_size=")[1].split(",")[0])
    assert 6 <= size <= 12
    assert "max_connections" in finding.fix.text
    simulated = queue(poisson(45, 900), exponential(0.1, 900), size)
    assert pool(recording(simulated, size=size)).findings == ()


@pytest.mark.parametrize(
    ("rate", "hold", "size"), [(10, 0.02, 5), (100, 0.02, 5), (20, 0.4, 20), (2, 0.3, 2)]
)
def test_an_innocent_pool_yields_nothing_even_if_it_idles(rate, hold, size):
    rows = queue(poisson(rate, 400), exponential(hold, 400), size, busy=0.1)
    found = pool(recording(rows, size=size))
    assert found.findings == ()
    assert found.headline.startswith("No starved pool")


def test_slow_connects_of_a_pool_that_is_not_full_are_no_starvation():
    rows = queue(poisson(10, 100), [0.005] * 100, 10)
    slow = [
        row
        | {
            "wait_ms": 80.0,
            "acquired_at": row["requested_at"] + timedelta(milliseconds=80),
            "released_at": row["requested_at"] + timedelta(milliseconds=85),
        }
        for row in rows
    ]
    assert pool(recording(slow, size=10)).findings == ()


def test_the_guilty_place_is_told_from_its_victims():
    guilty = queue(poisson(9, 250), [0.5] * 250, 5, busy=0.05)
    victims = [
        row | {"stack": "app/orders.py:list:9", "hold_ms": 4.0, "busy_ms": 3.5}
        for row in queue(poisson(9, 250, seed=5), [0.5] * 250, 5)
    ]
    (finding,) = pool(recording(guilty + victims)).findings
    assert "app/checkout.py:pay:42" in finding.title


def test_time_outs_alone_are_enough():
    found = pool(starved(timeout=0.05))
    assert found.table.loc[0, "timeouts"] > 50
    assert found.findings[0].severity == "critical"
    assert "timed out" in found.findings[0].title


def test_the_table_has_the_promised_columns():
    columns = "pool size checkouts utilisation p50_wait_ms p95_wait_ms p99_wait_ms max_wait_ms"
    found = pool(starved()).table
    assert list(found.columns[:9]) == [*columns.split(), "timeouts"]
    assert found.loc[0, "size"] == 5
    assert 0.9 < found.loc[0, "utilisation"] <= 1
    assert found.loc[0, "idle_hold_share"] == pytest.approx(0.9)


def test_percentiles_are_those_of_the_waits():
    rows = queue(poisson(14, 300), [0.4] * 300, 5)
    waits = [row["wait_ms"] for row in rows]
    found = pool(recording(rows)).table.iloc[0]
    assert found["p95_wait_ms"] == pytest.approx(np.quantile(waits, 0.95))
    assert found["max_wait_ms"] == max(waits)
    assert found["p95_wait_low_ms"] <= found["p95_wait_ms"] <= found["p95_wait_high_ms"]
    assert math.isnan(found["p99_wait_low_ms"])


def test_mean_concurrency_is_littles():
    rows = queue(poisson(10, 2000), exponential(0.2, 2000), 50)
    assert pool(recording(rows, size=50)).table.loc[0, "mean_in_use"] == pytest.approx(2, rel=0.15)


def test_samples_alone_give_means_and_time_outs():
    samples = [
        {
            "at": at(second),
            "pool": "shop",
            "size": 5,
            "max_size": 5,
            "in_use": 5,
            "waiting": 10,
            "timeouts_total": 3 * second,
            "wait_ms_total": 9000.0 * second,
            "hold_ms_total": 5000.0 * second,
            "requests_total": 50 * second,
        }
        for second in range(20)
    ]
    found = pool(table("pool_samples", samples))
    row = found.table.iloc[0]
    assert row["checkouts"] == 50 * 19
    assert row["mean_wait_ms"] == pytest.approx(180)
    assert row["timeouts"] == 57
    assert math.isnan(row["p95_wait_ms"])
    assert found.findings[0].rule == "pool-too-small"
    assert any("only samples" in text for text in found.caveats)


def test_counters_that_restart_are_not_counted_backwards():
    totals = [10, 15, 0, 5]
    rows = [
        {"at": at(n), "pool": "shop", "in_use": 1, "waiting": 0, "requests_total": total}
        for n, total in enumerate(totals)
    ]
    assert pool(table("pool_samples", rows)).table.loc[0, "checkouts"] == 10


def test_missing_columns_are_unknown():
    frame = pd.DataFrame({"pool": ["shop"] * 3, "wait_ms": [1.0, 2.0, 3.0]})
    row = pool(frame).table.iloc[0]
    assert row["p50_wait_ms"] == 2
    assert pd.isna(row["size"])
    assert pd.isna(row["p95_hold_ms"])


def test_times_and_durations_complete_each_other():
    rows = queue(poisson(14, 300), [0.4] * 300, 5, busy=0.1)
    bare = [
        {key: value for key, value in row.items() if key not in {"acquired_at", "released_at"}}
        for row in rows
    ]
    assert pool(recording(bare)).findings[0].rule == "connection-held-idle"


def test_pools_are_kept_apart():
    calm = queue(poisson(10, 100), [0.01] * 100, 5, name="calm")
    hot = queue(poisson(14, 300), [0.4] * 300, 5, busy=0.1)
    found = pool(Recording.from_frames(checkouts=table("checkouts", calm + hot)))
    assert list(found.table["pool"]) == ["calm", "shop"]
    assert [finding.keys["pool"] for finding in found.findings] == ["shop"]
    assert any("size is unknown" in text for text in found.caveats)


def test_nothing_recorded_is_an_answer():
    found = pool(Recording())
    assert found.headline == "No pool was recorded"
    assert len(found.table) == 0


def test_what_is_no_table_is_refused():
    with pytest.raises(UsageError, match="Recording or a table"):
        pool("pool.jsonl")


def test_the_result_is_json_without_nan():
    json.dumps(pool(starved()).to_dict(), allow_nan=False)


def test_who_holds_longest_is_in_the_series():
    stacks = pool(starved()).series["stacks"].to_pylist()
    assert stacks[0]["stack"] == STACK
    assert stacks[0]["hold_share"] == 1
    assert stacks[0]["mean_hold_ms"] == pytest.approx(400)


def test_pandas_is_not_imported():
    import subprocess
    import sys

    code = (
        "import sys; from perfkit.pandas_later import postpone_pandas; postpone_pandas();"
        "from perfkit.analyses.pool import pool; from perfkit.recording import Recording;"
        "pool(Recording()); assert 'pandas' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


@pytest.mark.parametrize(
    ("idle", "busy", "rule"), [(0.06, 0.004, "connection-held-idle"), (0.0, 0.03, "pool-too-small")]
)
def test_a_real_pool_under_load_is_judged_rightly(tmp_path, idle, busy, rule):
    options = {"poolclass": QueuePool, "pool_size": 2, "max_overflow": 0}
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'x.db'}", **options)

    @sa.event.listens_for(engine, "connect")
    def _connected(connection, _):
        connection.create_function("pause", 1, lambda s: (time.sleep(s), 1)[1])

    def work():
        for _ in range(6):
            with engine.connect() as connection:
                connection.execute(sa.text(f"SELECT pause({busy})"))
                time.sleep(idle)

    with watch_pool(engine) as watch:
        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
    engine.dispose()
    (finding,) = pool(watch.recording).findings
    assert finding.rule == rule


def test_erlangs_formula_gives_the_published_values():
    # Cooper, Introduction to Queueing Theory, 2nd ed.: C(1, a) = a, and tables for more.
    assert queueing.wait_probability(0.5, 1) == pytest.approx(0.5)
    assert queueing.wait_probability(4, 5) == pytest.approx(0.5541, abs=1e-4)
    assert queueing.wait_probability(8, 10) == pytest.approx(0.4092, abs=1e-4)
    assert queueing.mean_wait_ms(5, 5, 100) == math.inf


def test_the_mean_wait_is_that_of_a_simulation():
    arrivals, holds = poisson(40, 60_000), exponential(0.1, 60_000)
    waits = [row["wait_ms"] for row in queue(arrivals, holds, 5)]
    assert np.mean(waits) == pytest.approx(queueing.mean_wait_ms(4, 5, 100), rel=0.2)


ROW = st.fixed_dictionaries(
    {},
    optional={
        "pool": st.sampled_from(["a", "b", None]),
        "requested_at": st.integers(0, 10**12).map(lambda ns: at(ns / 1e9)),
        "acquired_at": st.integers(0, 10**12).map(lambda ns: at(ns / 1e9)),
        "released_at": st.integers(0, 10**12).map(lambda ns: at(ns / 1e9)),
        "wait_ms": st.floats(-1e3, 1e9) | st.none(),
        "hold_ms": st.floats(-1e3, 1e9) | st.none(),
        "busy_ms": st.floats(-1e3, 1e9) | st.none(),
        "stack": st.sampled_from(["f.py:g:1", "", None]),
        "trace_id": st.sampled_from(["1", None]),
    },
)


@given(st.lists(ROW, max_size=30))
def test_any_rows_give_a_result(rows):
    data = tables.from_columns(
        "checkouts",
        {key: [row.get(key) for row in rows] for key in {k for row in rows for k in row}},
        rows=len(rows),
    )
    found = pool(data)
    json.dumps(found.to_dict(), allow_nan=False)
    assert found.headline


def test_the_call_that_a_service_answers_is_none_that_it_makes():
    rows = queue(poisson(14, 300), [0.4] * 300, 5, busy=0.1)
    spans = [
        {
            "trace_id": row["trace_id"],
            "span_id": row["trace_id"][-16:],
            "kind": "client",
            "category": "http",
            "peer": "this very service",
            "name": "GET",
            "started_at": row["requested_at"] - timedelta(milliseconds=5),
            "duration_ms": 5000.0,
        }
        for row in rows
    ]
    (finding,) = pool(recording(rows, spans=spans)).findings
    assert "while it calls" not in finding.title
    assert "peer" not in finding.keys
