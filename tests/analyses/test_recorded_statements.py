import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import perfkit
from perfkit.analyses.recorded_statements import numbered, parsed_values, recorded


@pytest.mark.parametrize(
    ("statement", "expected", "names"),
    [
        ("select 1", "select 1", []),
        ("select $2, $1", "select $2, $1", ["2", "1"]),
        ("a = ? and b = ?", "a = $1 and b = $2", ["1", "2"]),
        ("a = %s or b = %s", "a = $1 or b = $2", ["1", "2"]),
        ("a = %(x)s and b = %(y)s or %(x)s", "a = $1 and b = $2 or $1", ["x", "y"]),
        ("a = :x and b::text = :y", "a = $1 and b::text = $2", ["x", "y"]),
        ("a = '?' and \"b?\" = ? -- ?", "a = '?' and \"b?\" = $1 -- ?", ["1"]),
    ],
)
def test_placeholders_of_every_driver_become_numbers(statement, expected, names):
    assert numbered(statement) == (expected, names)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("$1 = '42', $2 = 'pending'", {"1": "42", "2": "pending"}),
        ("$1 = 'a'', $2 = ''b', $2 = NULL", {"1": "a', $2 = 'b", "2": None}),
        ("$1 = 'cut...'...", None),
        ("$1 = 'cut", None),
        ('[1, "x", null]', {"1": 1, "2": "x", "3": None}),
        ('{"id": 7}', {"id": 7}),
        ("7", None),
        ("not json", None),
        ("", None),
        (None, None),
    ],
)
def test_values_are_read_whole_or_not_at_all(text, values):
    assert parsed_values(text) == values


@given(st.lists(st.one_of(st.none(), st.text(max_size=20)), min_size=1, max_size=5))
def test_what_the_server_writes_is_read_back(values):
    shown = [
        f"${n} = " + ("NULL" if v is None else "'" + v.replace("'", "''") + "'")
        for n, v in enumerate(values, 1)
    ]
    found = parsed_values(", ".join(shown))
    if "'..." not in ", ".join(shown):
        assert found == {str(n): v for n, v in enumerate(values, 1)}


@given(st.text(max_size=60))
def test_any_text_is_numbered_and_any_parameters_are_read_without_an_error(text):
    numbered(text)
    parsed_values(text)


def queries(*rows):
    table = pa.Table.from_pylist(
        [dict(zip(("statement", "parameters", "duration_ms"), row, strict=True)) for row in rows]
    )
    return perfkit.Recording.from_frames(queries=table.to_pandas())


def test_the_example_is_the_slowest_row_whose_values_are_known():
    rec = queries(
        ("select * from t where a = $1", None, 90.0),
        ("select * from t where a = $1", "$1 = 'slow'", 50.0),
        ("select * from t where a = $1", "$1 = 'quick'", 1.0),
        ("select 7", None, 3.0),
    )
    first, second = recorded(rec, limit=5)
    assert (first.calls, first.total_ms, first.values) == (3, 141.0, {"1": "slow"})
    assert (second.statement, second.values) == ("select 7", {})
    assert first.share == pytest.approx(141 / 144)


def test_without_known_values_the_statement_stands_alone():
    (only,) = recorded(queries(("select * from t where a = ?", "[1, 2", 5.0)), limit=1)
    assert (only.statement, only.values) == ("select * from t where a = $1", None)


def test_named_values_meet_their_numbers():
    (only,) = recorded(
        queries(("select 1 where a = %(x)s and b = %(y)s", '{"y": 2, "x": 1}', 5.0)), limit=1
    )
    assert only.values == {"1": 1, "2": 2}


def test_one_statement_is_found_by_the_beginning_of_its_id():
    rec = queries(("select 1 from a", None, 5.0), ("select 1 from b", None, 9.0))
    wanted = recorded(rec, limit=9)[1]
    (found,) = recorded(rec, limit=9, fingerprint_id=wanted.fingerprint_id[:8].upper())
    assert found.fingerprint == "select ? from a"
    assert recorded(rec, limit=9, fingerprint_id="zzz") == []


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("select 1 where j ? 'a' and id = $1", "select 1 where j ? 'a' and id = $1"),
        ("select 1 where j ? %s and id = %s", "select 1 where j ? $1 and id = $2"),
        ("select 1 where j ? ? and id = ?", "select 1 where j ? $1 and id = $2"),
        ("select ?, ? from t where j ?| $3 limit ?", "select $1, $2 from t where j ?| $3 limit $4"),
        ("select j ? /* key */ 'a'", "select j ? /* key */ 'a'"),
    ],
)
def test_a_question_of_json_is_no_placeholder(statement, expected):
    assert numbered(statement)[0] == expected
