import pytest

from perfkit.analyses.changes.findings import Told, findings, sentence

SECOND = 10**9
START = 1_767_571_200 * SECOND
MINUTE = 60 * SECOND


def told(judged=12, hours=5, zone="UTC", by="route"):
    return Told(by=by, judged=judged, zone=zone, first=START, last=START + hours * 3600 * SECOND)


def row(key="/search", at=121, width=2, **columns):
    low, high = START + (at - width) * MINUTE, START + (at + width) * MINUTE
    return {
        "key": key,
        "name": key,
        "percentile": "p95",
        "kind": "step",
        "happened": "",
        "at": START + at * MINUTE,
        "low_at": low,
        "high_at": high,
        "until": None,
        "before_ms": 84.0,
        "after_ms": 1240.0,
        "change_pct": 1376.0,
        "p_value": 1e-5,
        "affected": 1000.0,
        "from": START,
        "to": START + 5 * 3600 * SECOND,
    } | columns


def test_the_sentence_says_what_from_what_to_since_when_and_how_sure():
    assert sentence(row(), told()) == "/search: p95 84 ms -> 1.24 s since 02:01 (01:59 to 02:03)"


def test_times_are_told_in_the_zone_and_with_the_day_where_there_are_several():
    assert "since 11:01" in sentence(row(), told(zone="Asia/Tokyo"))
    assert "since 2026-01-05 02:01" in sentence(row(), told(hours=50))


def test_an_episode_says_until_when_and_growth_between_when():
    end = START + 131 * MINUTE
    assert sentence(row(kind="episode", until=end), told()).endswith("from 02:01 to 02:11")
    assert sentence(row(kind="gradual"), told()).endswith("gradually from 01:59 to 02:03")


def test_many_routes_at_one_time_are_one_finding():
    rows = [row(f"/r{n}", at=121 + n % 2) for n in range(11)]
    (finding,) = findings(rows, told())
    assert finding.title.startswith("At 02:0")
    assert "eleven of twelve routes got slower" in finding.title
    assert finding.title.endswith("look for something they share")
    assert "route" not in finding.keys


def test_other_times_directions_and_kinds_are_findings_of_their_own():
    faster = row("/b", change_pct=-50.0, before_ms=100.0, after_ms=50.0)
    assert len(findings([row(), row("/c", at=200), faster], told())) == 3


def test_a_chain_of_intervals_without_a_common_moment_is_not_one_moment():
    rows = [row("/a", at=100, width=5), row("/b", at=108, width=5), row("/c", at=116, width=5)]
    assert len(findings(rows, told())) == 2


def test_p50_and_p95_of_a_route_count_its_requests_once():
    both = [row(), row(percentile="p50", before_ms=40.0, after_ms=100.0)]
    (finding,) = findings(both, told())
    assert finding.saves_times == 1000
    assert finding.saves_ms == pytest.approx(60.0)
    assert finding.keys["route"] == "/search"


def test_a_coincidence_is_named_and_called_no_proof():
    (finding,) = findings([row(happened="2 min 0 s after deploy 841")], told())
    assert finding.title.endswith("2 min 0 s after deploy 841")
    assert finding.fix.text.endswith("That it coincides is no proof.")


def test_hostile_routes_are_made_visible():
    (finding,) = findings([row("/\x1b[31m")], told())
    assert "\x1b" not in finding.title
