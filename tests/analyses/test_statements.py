import pyarrow as pa

from perfkit import tables
from perfkit.analyses.statements import identified, shown
from perfkit.fingerprint import fingerprint_id


def test_rows_with_a_statement_alone_get_their_fingerprint():
    rows = tables.from_columns("queries", {"statement": ["select 1", None, "SELECT  2"]})
    found = identified(rows)
    assert found.schema == rows.schema
    assert found["fingerprint"].to_pylist() == ["select ?", None, "select ?"]
    one = fingerprint_id("select ?")
    assert found["fingerprint_id"].to_pylist() == [one, None, one]


def test_a_fingerprint_that_is_there_stays():
    columns = {"statement": ["select 1"], "fingerprint": ["mine"], "fingerprint_id": [None]}
    found = identified(tables.from_columns("queries", columns))
    assert found["fingerprint"].to_pylist() == ["mine"]
    assert found["fingerprint_id"].to_pylist() == [fingerprint_id("mine")]


def test_complete_rows_are_passed_through():
    rows = tables.from_columns("spans", {"fingerprint": ["a"], "fingerprint_id": ["b"]})
    assert identified(rows) is rows
    assert identified(tables.empty("queries")).num_rows == 0


def test_a_long_select_shows_its_tables_not_its_columns():
    statement = f"select {', '.join(f't.column_{i}' for i in range(30))} from t where t.id = ?"
    assert shown(statement) == "select … from t where t.id = ?"
    assert shown("select a from t") == "select a from t"
    assert len(shown("update t set " + "a" * 300)) == 70
    assert shown(None) == "statements without text"


def test_chunks_with_dictionaries_of_their_own_are_one_column():
    part = tables.from_columns("queries", {"statement": ["select 1"]})
    other = tables.from_columns("queries", {"statement": ["select a from b"]})
    joined = pa.concat_tables([part, other])
    assert identified(joined)["fingerprint"].to_pylist() == ["select ?", "select a from b"]
