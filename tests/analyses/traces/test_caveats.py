"""Faults of traces are said once: by the recording's notes, or by the forest."""

import json

import pytest

import perfkit
from perfkit.analyses.traces.caveats import caveats_of
from perfkit.analyses.traces.forest import Forest
from perfkit.recording import Recording

BEGIN = 1_795_000_000_000_000_000


@pytest.fixture
def incomplete(tmp_path):
    """Return 30 requests whose callers are not in the recording."""
    spans = []
    for trace in range(1, 31):
        for own, above, kind, lasted in ((1, 9, 2, 50), (2, 1, 3, 40)):
            spans.append(
                {
                    "traceId": f"{trace:032x}",
                    "spanId": f"{own:016x}",
                    "parentSpanId": f"{above:016x}",
                    "name": "GET /a" if kind == 2 else "GET",
                    "kind": kind,
                    "startTimeUnixNano": BEGIN + trace * 10**9,
                    "endTimeUnixNano": BEGIN + trace * 10**9 + lasted * 10**6,
                }
            )
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]}) + "\n")
    return perfkit.load(path)


def forest(rec):
    return Forest(rec.arrow("spans"))


def test_what_a_note_says_the_forest_does_not_say_again(incomplete):
    said = caveats_of(incomplete, forest(incomplete))
    assert sum("name a parent" in text for text in said) == 1
    assert set(said) == set(incomplete.caveats())


def test_what_no_note_says_the_forest_does(incomplete):
    rec = Recording.from_frames(spans=incomplete.arrow("spans"))
    (only,) = caveats_of(rec, forest(rec))
    assert only == "30 of 60 spans name a parent that is not there: their traces are incomplete."


@pytest.mark.parametrize(
    "analysis",
    ["breakdown", "critical_path", "parallelism", "tail", "external_calls", "n_plus_one"],
)
def test_an_analysis_says_each_fault_once(incomplete, analysis):
    caveats = getattr(perfkit, analysis)(incomplete).caveats
    assert sum("name a parent" in text for text in caveats) == 1
