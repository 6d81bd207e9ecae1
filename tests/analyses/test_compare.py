import json
import math

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perfkit.analyses.compare import compare
from perfkit.errors import UsageError
from perfkit.recording import Recording
from perfkit.shipped import folder, sample

NAMED = ["verdict", "shift_pct", "low_pct", "high_pct", "p_value", "n_before", "n_after"]


def around_the_launch(name):
    rec = sample(name)
    story = json.loads((folder("sample_data") / name / "story.json").read_text())
    first, last = rec.span
    return rec.between(first, story["marks"][0]["at"]), rec.between(story["marks"][0]["at"], last)


def run(n, factor=1.0, *, seed=0, route="/a", sigma=0.35):
    noise = np.random.default_rng(seed).standard_normal(n)
    return pa.table({"route": [route] * n, "duration_ms": 100 * factor * np.exp(sigma * noise)})


def rows(result):
    return {row[result.arrow.column_names[0]]: row for row in result.arrow.to_pylist()}


@pytest.mark.parametrize("by", ["route", "fingerprint", "category"])
def test_a_launch_that_changes_nothing_has_no_change(by):
    result = compare(*around_the_launch("healthy"), by=by)
    assert set(result.table["verdict"]) == {"no change detected"}
    assert result.findings == ()
    assert "No change detected" in result.headline
    assert "would have been seen" in result.headline
    assert result.arrow.column_names[:8] == [by, *NAMED]


def test_a_launch_with_faults_names_the_routes_that_got_slower_and_the_new_largest_cost():
    result = compare(*around_the_launch("shop_launch"))
    found = rows(result)
    slower = {"/orders", "/orders/search", "/checkout", "/dashboard", "/export"}
    assert slower <= {route for route, row in found.items() if row["verdict"] == "slower"}
    assert next(iter(found)) == "/orders"  # the most extra time
    assert result.findings[0].keys == {"route": "/orders"}
    moved = next(f for f in result.findings if f.rule == "bottleneck-moved")
    assert moved.keys == {"route": "/orders"}
    assert "it was /checkout" in result.headline


def test_statements_that_came_with_a_launch_are_new():
    result = compare(*around_the_launch("n_plus_one"), by="fingerprint")
    new = next(f for f in result.findings if f.rule == "new-cost")
    assert "order_items" in new.title
    assert rows(result)[next(iter(rows(result)))]["verdict"] == "new"


def test_a_missing_index_is_one_statement_that_got_slower():
    result = compare(*around_the_launch("shop_launch"), by="fingerprint")
    assert "orders.user_id" in result.findings[0].title
    assert result.findings[0].keys["fingerprint_id"] == result.arrow["fingerprint_id"][0].as_py()


def test_categories_tell_where_the_time_went():
    found = rows(compare(*around_the_launch("shop_launch"), by="category"))
    assert found["db"]["verdict"] == found["serialize"]["verdict"] == "slower"


def test_the_same_twice_is_no_change():
    rec = sample("healthy")
    result = compare(rec, rec)
    assert set(result.table["verdict"]) == {"no change detected"}
    assert result.table["shift_pct"].abs().max() < 1e-9
    assert result.findings == ()


def test_what_is_on_one_side_only_is_new_or_gone():
    result = compare(run(50, route="/old"), run(50, route="/new"))
    assert {key: row["verdict"] for key, row in rows(result).items()} == {
        "/old": "gone",
        "/new": "new",
    }
    assert "1 new; 1 gone" in result.headline


@settings(max_examples=15)
@given(st.floats(0.01, 1e4), st.floats(0.5, 2), st.integers(0, 1000))
def test_exchanging_the_sides_mirrors_and_the_unit_does_not_matter(unit, factor, seed):
    before, after = run(80, unit, seed=seed), run(60, unit * factor, seed=seed + 1)
    there, back = rows(compare(before, after))["/a"], rows(compare(after, before))["/a"]
    turned = (1 + back["low_pct"] / 100) * (1 + there["high_pct"] / 100)
    assert turned == pytest.approx(1)
    mirrored = {"slower": "faster", "faster": "slower"}
    assert back["verdict"] == mirrored.get(there["verdict"], there["verdict"])
    assert back["p_value"] == pytest.approx(there["p_value"])
    plain = rows(compare(run(80, 1, seed=seed), run(60, factor, seed=seed + 1)))["/a"]
    assert plain["shift_pct"] == pytest.approx(there["shift_pct"], rel=1e-6, abs=1e-9)


def test_frames_and_tables_are_compared_alike():
    tables = run(40), run(40, 2, seed=1)
    frames = [table.to_pandas() for table in tables]
    assert isinstance(frames[0], pd.DataFrame)
    one, other = compare(*tables).to_dict(), compare(*frames).to_dict()
    assert one["routes"] == other["routes"]
    json.dumps(one, allow_nan=False)


def test_several_runs_a_side_are_lists():
    random = np.random.default_rng(5)
    sides = [
        [
            run(100, (1 + shift) * (1 + 0.02 * random.standard_normal()), seed=10 * at + i)
            for i in range(5)
        ]
        for at, shift in enumerate((0, 0.2))
    ]
    result = compare(*sides)
    assert rows(result)["/a"]["verdict"] == "slower"
    assert result.totals["runs_before"] == result.totals["runs_after"] == 5
    assert not any("drift" in caveat for caveat in result.caveats)
    assert result.findings[0].confidence == "high"


def test_one_run_each_cannot_exclude_drift_and_that_is_said():
    assert "cannot exclude drift" in compare(run(50), run(50, seed=1)).caveats[0]
    assert "Fewer than 3 runs" in compare([run(50)] * 2, run(50, seed=1)).caveats[0]


def test_too_few_samples_are_not_judged():
    row = rows(compare(run(5), run(500, 3)))["/a"]
    assert row["verdict"] == "too few samples"
    assert row["shift_pct"] > 50  # the samples' own, without an interval
    assert math.isnan(row["low_pct"])


@pytest.mark.parametrize("by", ["routes", "service", None])
def test_another_by_is_an_error_that_names_the_three(by):
    with pytest.raises(UsageError, match=r"route.*fingerprint.*category"):
        compare(run(9), run(9), by=by)


def test_a_side_without_rows_is_an_error_that_says_what_there_is():
    with pytest.raises(UsageError, match=r"no queries before.*\n.*by=\"route\""):
        compare(Recording.from_frames(requests=run(9)), Recording(), by="fingerprint")
    with pytest.raises(UsageError, match="no requests after"):
        compare(run(9), run(0))
    with pytest.raises(UsageError, match="list without runs"):
        compare([], run(9))
    with pytest.raises(UsageError, match="expected a Recording"):
        compare("before.log", run(9))
    with pytest.raises(UsageError, match="min_effect_pct"):
        compare(run(9), run(9), min_effect_pct=-1)


def test_the_smallest_effect_that_matters_can_be_chosen():
    sides = run(2000, sigma=0.05), run(2000, 1.03, seed=1, sigma=0.05)
    assert rows(compare(*sides))["/a"]["verdict"] == "no change detected"
    assert rows(compare(*sides, min_effect_pct=1))["/a"]["verdict"] == "slower"


def test_twenty_thousand_requests_a_side_take_no_time():
    import time

    sides = run(20_000), run(20_000, 1.1, seed=1)
    begin = time.process_time()
    assert rows(compare(*sides))["/a"]["verdict"] == "slower"
    assert time.process_time() - begin < 2  # 0.1 s on an idle machine


def test_hostile_names_do_no_harm():
    evil = "/<script>alert(1)</script>\x1b[2J\n" + "x" * 5000
    result = compare(run(30, route=evil), run(30, 2, seed=1, route=evil))
    assert "<script" not in result.to_html()
    assert "\x1b" not in result.to_text()
