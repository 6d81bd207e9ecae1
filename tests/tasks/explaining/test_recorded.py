from types import SimpleNamespace

import pandas as pd
import pytest

from perfkit.analyses.recorded_statements import recorded
from perfkit.errors import UsageError
from perfkit.recording import Recording
from perfkit.tasks.explaining.recorded import example, explain_example, one_recorded

AT = pd.Timestamp("2026-01-05 10:00", tz="UTC")


def recording(*rows):
    """Return a recording of (statement, parameters) pairs."""
    frame = pd.DataFrame(
        [
            {"started_at": AT, "duration_ms": 10.0 - at, "statement": text, "parameters": given}
            for at, (text, given) in enumerate(rows)
        ]
    )
    return Recording.from_frames(queries=frame.assign(system="postgresql"))


@pytest.mark.parametrize(
    ("text", "given", "rows"),
    [
        ("select * from orders where id = $1 and total > $2", "$1 = '7', $2 = '0'", 1),
        ("select * from orders where id = %(id)s", '{"id": 7}', 1),
        ("select * from orders where to_jsonb(orders) ? 'id' and id = $1", "$1 = '7'", 1),
        ("select * from orders where id = %s and status <> %s", '[7, "o\'k"]', 1),
        ("select * from orders where id = 7 -- $1 in a comment", None, 1),
        ("select * from orders where note = $1", "$1 = NULL", 0),
        ("select '12:30'::time, note from orders where id = 7", None, 1),
    ],
)
def test_a_recorded_statement_runs_with_the_values_it_was_recorded_with(shop, text, given, rows):
    (one,) = recorded(recording((text, given)), limit=1)
    result = explain_example(one, shop)
    assert result.executed
    assert result.plan.root.number("Actual Rows") == rows


@pytest.mark.parametrize("given", [None, "$1 = 'abc'...", "$2 = '7'", "{oops"])
def test_without_values_that_fit_it_gets_the_generic_plan_and_says_so(shop, given):
    (one,) = recorded(recording(("select * from orders where id = $1", given)), limit=1)
    result = explain_example(one, shop)
    assert not result.executed
    assert "values are missing, so this is the generic plan" in result.caveats[0]
    assert result.plan.root.number("Plan Rows") == 1


def test_values_of_ones_own_win(shop):
    (one,) = recorded(recording(("select * from orders where id = $1", "$1 = '7'")), limit=1)
    result = explain_example(one, shop, params={"p1": -1})
    assert result.plan.root.number("Actual Rows") == 0


def test_a_beginning_of_the_id_will_do_if_it_is_the_only_one():
    rec = recording(("select 1 from a", None), ("select 2 from b", None))
    first, _ = recorded(rec, limit=2)
    assert one_recorded(rec, first.fingerprint_id[:8].upper()).fingerprint == first.fingerprint
    with pytest.raises(UsageError, match="no statement of the recording"):
        one_recorded(rec, "0" * 16)


@pytest.mark.parametrize("text", ["", "abc", "select 1", "xyz12345", "'; drop table x"])
def test_what_is_no_id_is_told_so(text):
    with pytest.raises(UsageError, match="is no fingerprint_id") as caught:
        one_recorded(recording(("select 1", None)), text)
    assert "digest" in caught.value.hint


def test_placeholders_in_quotes_stay_as_they_are():
    one = SimpleNamespace(statement="select '$1', \"$2\", $1, $$ $3 $$", values={"1": 5})
    assert example(one).sql == "select '$1', \"$2\",  :p1 , $$ $3 $$"
    assert example(SimpleNamespace(statement="select 1", values=None)) == ("select 1", None)
