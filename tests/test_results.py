import dataclasses
import json
import math

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit import tables
from perfkit.errors import UsageError
from perfkit.results import Finding, Fix, Result

FIX = Fix(text="add an index", snippet="create index on t (a)", language="sql")


def finding(**given):
    return Finding(**{"rule": "r", "severity": "info", "title": "t", "fix": FIX} | given)


def result(**given):
    defaults = {
        "analysis": "nothing_shows_this",
        "question": "Which?",
        "headline": "This.",
        "arrow": pa.table({"n": [1]}),
        "noun": "things",
    }
    return Result(**defaults | given)


saved = st.none() | st.floats(0, 1e9) | st.just(math.nan)


@given(st.lists(st.tuples(saved, st.sampled_from(["critical", "warning", "info"]))))
def test_findings_are_ranked_by_time_saved_then_severity(given_findings):
    findings = [finding(saves_ms=ms, severity=severity) for ms, severity in given_findings]
    ranked = result(findings=findings).findings
    order = {"critical": 0, "warning": 1, "info": 2}
    keys = [(-f.saves_total_ms, order[f.severity]) for f in ranked]
    assert keys == sorted(keys)
    assert len(ranked) == len(findings)


def test_time_saved_counts_every_occurrence_and_unknown_is_not_a_number():
    assert finding(saves_ms=2.0, saves_times=50).saves_total_ms == 100.0
    assert finding(saves_ms=None).to_dict()["saves_ms"] is None
    assert finding(saves_ms=math.nan).to_dict()["saves_ms"] is None


def test_a_result_and_a_finding_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        result().headline = "Other."
    with pytest.raises(dataclasses.FrozenInstanceError):
        finding().title = "other"
    assert isinstance(result(findings=[finding()]).findings, tuple)


def test_a_caveat_is_said_once():
    assert result(caveats=["few", "few", "old"]).caveats == ("few", "old")


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (float("nan"), None),
        (float("inf"), None),
        (np.float32("nan"), None),
        (np.int64(3), 3),
        (np.float64(1.5), 1.5),
        (pd.NA, None),
        (pd.NaT, None),
        (None, None),
        (pd.Timestamp("2026-11-20T14:02Z"), "2026-11-20T14:02:00+00:00"),
        (b"a\xff", "a\ufffd"),
        ((1, [math.nan]), [1, [None]]),
        ({"a": {"b": math.nan}}, {"a": {"b": None}}),
        ("<script>\x1b", "<script>\x1b"),
    ],
)
def test_values_are_strict_json(value, shown):
    found = result(totals={"x": value}, findings=[finding(evidence=[{"x": value}])]).to_dict()
    again = json.loads(json.dumps(found, allow_nan=False))
    assert again["totals"]["x"] == shown
    assert again["findings"][0]["evidence"] == [{"x": shown}]


def test_the_rows_of_every_table_are_strict_json():
    for name in tables.TABLES:
        column = tables.TIME_COLUMN[name] or "tool"
        value = 1_795_000_000_000_000_001 if tables.TIME_COLUMN[name] else "k6"
        table = tables.from_columns(name, {column: [value, None], "attributes": [b"{}", None]})
        rows = json.loads(json.dumps(result(arrow=table).to_dict(), allow_nan=False))["things"]
        assert list(rows[0]) == table.column_names
        assert rows[0]["attributes"] == "{}"
        assert set(rows[1].values()) == {None}


def test_json_names_its_schema_and_its_rows_by_their_noun():
    found = result(analysis="digest", noun="statements").to_dict()
    assert found["schema"] == "perfkit.digest/1"
    assert found["statements"] == [{"n": 1}]


def test_the_table_is_a_frame_with_the_types_of_the_door():
    table = tables.from_columns("queries", {"rows_returned": [1, None], "error": ["x", None]})
    frame = result(arrow=table).table
    assert frame["rows_returned"].dtype == "Int64"
    assert frame["error"].isna().tolist() == [False, True]


def test_a_result_without_a_picture_says_so():
    with pytest.raises(UsageError, match="no picture"):
        _ = result().figure
