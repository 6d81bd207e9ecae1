"""Tables of patterns and their requests, and the caveats beside them."""

from __future__ import annotations

from perfkit.analyses.n_plus_one_pattern import Pattern
from perfkit.analyses.repeats.calls import Target
from perfkit.analyses.repeats.find import Repeat
from perfkit.analyses.repeats.report import caveats, occurrences, table

TARGET = Target(url="GET http://s/{id}", peer="s")
NUMBERS = {"repeats": 9, "time_ms": 90.0, "call_ms": 10.0, "share": 0.5, "node": 0}


def pattern(count=6, *, served=0, **more):
    texts = {"trace_id": "t", "route": "/a", "parent": "p", "source": None}
    found = [Repeat(target=TARGET, **NUMBERS, **texts, **more) for _ in range(count)]
    return Pattern(target=TARGET, route="/a", found=found, served=served)


def test_a_pattern_is_a_row_with_one_of_fingerprint_and_url():
    (row,) = table([pattern(served=12)], ["varies"]).to_pylist()
    assert (row["fingerprint"], row["url"], row["kind"]) == (None, "GET http://s/{id}", "http")
    assert (row["requests"], row["calls"], row["request_share"]) == (6, 54, 0.5)
    assert (row["statements"], row["also"], row["growth"]) == (1, None, "varies")


def test_unknown_is_null():
    (row,) = table([pattern(2)], [""]).to_pylist()
    unknown = ("growth", "request_share", "saves_low_ms", "saves_high_ms", "source_statement")
    assert all(row[name] is None for name in unknown)


def test_every_request_is_a_row_of_the_occurrences():
    rows = occurrences(pattern(3).found).to_pylist()
    assert [row["repeats"] for row in rows] == [9, 9, 9]


def test_few_requests_and_samples_are_said():
    few, sampled = caveats([pattern(2)]), caveats([pattern(6, least_ms=1, most_ms=2, weight=10.0)])
    assert few == ["1 of 1 patterns have fewer than six requests: their savings have no interval."]
    assert "6 requests seen stand for about 60" in sampled[0]
    assert caveats([]) == []
