import pyarrow as pa

from perfkit import tables
from perfkit.fingerprint import fingerprint_id
from perfkit.fingerprinted import fingerprinted


def test_rows_with_a_statement_alone_get_their_fingerprint():
    rows = tables.from_columns("queries", {"statement": ["select 1", None, "SELECT  2"]})
    found = fingerprinted(rows)
    assert found.schema == rows.schema
    assert found["fingerprint"].to_pylist() == ["select ?", None, "select ?"]
    one = fingerprint_id("select ?")
    assert found["fingerprint_id"].to_pylist() == [one, None, one]


def test_a_fingerprint_that_is_there_stays():
    columns = {"statement": ["select 1"], "fingerprint": ["mine"], "fingerprint_id": [None]}
    found = fingerprinted(tables.from_columns("queries", columns))
    assert found["fingerprint"].to_pylist() == ["mine"]
    assert found["fingerprint_id"].to_pylist() == [fingerprint_id("mine")]


def test_complete_rows_are_passed_through():
    rows = tables.from_columns("spans", {"fingerprint": ["a"], "fingerprint_id": ["b"]})
    assert fingerprinted(rows) is rows
    assert fingerprinted(tables.empty("queries")).num_rows == 0


def test_chunks_with_dictionaries_of_their_own_are_one_column():
    part = tables.from_columns("queries", {"statement": ["select 1"]})
    other = tables.from_columns("queries", {"statement": ["select a from b"]})
    joined = pa.concat_tables([part, other])
    assert fingerprinted(joined)["fingerprint"].to_pylist() == ["select ?", "select a from b"]


def test_statements_of_mysql_are_read_in_its_dialect():
    columns = {"statement": ['select "a 1"'] * 3, "system": ["mysql", "postgresql", "mariadb"]}
    found = fingerprinted(tables.from_columns("queries", columns))
    assert found["fingerprint"].to_pylist() == ["select ?", 'select "a 1"', "select ?"]
    assert found["fingerprint_id"][0].as_py() == fingerprint_id("select ?")
