"""What the samples beside the shop's stories hide, as those who made them counted and measured."""

from __future__ import annotations

import json
from collections import Counter

import numpy as np
import pytest

from perfkit.analyses.compare import compare
from perfkit.errors import UsageError
from perfkit.shipped import folder, runs, sample


def story(name):
    return json.loads((folder("sample_data") / name / "story.json").read_text())


@pytest.fixture(scope="module")
def releases():
    return runs("two_releases")


@pytest.fixture(scope="module")
def web():
    return sample("web_server")


def test_five_runs_of_each_release_are_kept_apart(releases):
    for side, name in zip(releases, ("before", "after"), strict=True):
        assert [len(run.arrow("requests")) for run in side] == [400] * 5
        assert [run.inputs[0].name for run in side] == [
            f"two_releases/{name}_{number}/requests.jsonl.gz" for number in range(1, 6)
        ]


def test_compare_finds_exactly_what_was_planted(releases):
    planted = story("two_releases")["planted"]
    result = compare(*releases)
    verdicts = {row["route"]: row["verdict"] for row in result.arrow.to_pylist()}
    expected = dict.fromkeys(verdicts, "no change detected")
    expected |= dict.fromkeys(planted["slower"], "slower")
    expected |= dict.fromkeys(planted["faster"], "faster")
    assert verdicts == expected
    assert len(verdicts) == 7


def test_the_shift_agrees_with_the_shops_own_clock(releases):
    told = {side: part["median_ms"] for side, part in story("two_releases")["releases"].items()}
    for row in compare(*releases).arrow.to_pylist():
        if row["verdict"] != "no change detected":
            measured = 100 * (told["after"][row["route"]] / told["before"][row["route"]] - 1)
            assert row["low_pct"] < measured < row["high_pct"]
            assert abs(measured) == pytest.approx(25, abs=5)


def test_all_together_look_faster_because_the_mix_changed(releases):
    before, after = (
        np.concatenate([run.arrow("requests")["duration_ms"].to_numpy() for run in side])
        for side in releases
    )
    assert after.mean() < 0.9 * before.mean()
    assert [one.rule for one in compare(*releases).findings].count("mix-changed") == 1


def test_a_sample_of_one_recording_has_no_runs():
    with pytest.raises(UsageError, match="is one recording, not several runs") as caught:
        runs("healthy")
    assert caught.value.hint == "perfkit.sample('healthy')"


def test_the_web_servers_log_has_what_the_clients_counted(web):
    strangers = {"127.0.0.66", "127.0.0.99"}
    rows = web.arrow("requests").select(["client", "status"]).to_pylist()
    logged = Counter(
        (row["client"] if row["client"] in strangers else "customers", row["status"])
        for row in rows
    )
    counted = Counter()
    for phase in story("web_server")["phases"]:
        for who, answers in phase["answers"].items():
            for status, count in answers.items():
                counted[who, 499 if status == "gave up" else int(status)] += count
    assert logged == counted
    assert {499, 503, 404} <= {status for _, status in logged}


def test_the_slow_release_is_as_slow_for_nginx_as_for_the_shop(web):
    frame = web.requests
    for phase in story("web_server")["phases"]:
        within = frame["started_at"].between(phase["started_at"][:19] + "Z", phase["ended_at"])
        served = frame[within & (frame["path"] == "/report") & (frame["status"] == 200)]
        told = phase["median_ms"]["/report"]
        if phase["name"] != "slow release":  # those who gave up are missing from the slow ones
            assert served["upstream_ms"].median() == pytest.approx(told, rel=0.1)
        else:
            assert served["upstream_ms"].median() > 0.9 * told > 600


def test_both_deployments_are_events_and_once(web):
    deployed = web.arrow("events").to_pylist()
    assert [(one["kind"], one["message"]) for one in deployed] == [
        ("deploy", "deploy shop 842"),
        ("deploy", "deploy shop 843"),
    ]


def test_what_nginx_refused_has_no_upstream_time(web):
    frame = web.requests
    assert frame.loc[frame["status"] == 503, "upstream_ms"].isna().all()
    assert frame.loc[frame["status"] == 499, "upstream_ms"].notna().all()


def test_wrk_saw_that_a_blocked_loop_answers_no_more_however_many_ask():
    tests = sample("load_tests").load_tests
    wrk = tests[tests["tool"] == "wrk"]
    assert wrk.groupby("source")["concurrency"].apply(list).to_list() == [[1, 2, 4, 8]] * 2
    blocking, threads = (rates.to_list() for _, rates in wrk.groupby("source")["rate_per_s"])
    assert max(blocking) < 1.2 * min(blocking)
    assert threads[-1] > 3 * threads[0]


def test_locust_saw_the_route_that_is_not_there():
    tests = sample("load_tests").load_tests
    locust = tests[tests["tool"] == "locust"]
    failing = locust[locust["failures"] > 0]
    assert any("/basket" in name for name in failing["name"])
    assert not locust["corrected"].any()
