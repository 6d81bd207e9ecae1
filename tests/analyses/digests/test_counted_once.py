"""What a digest counts: each statement once, with its fingerprint, and no row copied in vain."""

import pyarrow as pa

from perfkit import tables
from perfkit.analyses.digests.counted_once import counted_once, with_fingerprints
from perfkit.fingerprint import fingerprint, fingerprint_id
from perfkit.recording import Recording
from perfkit.sources import primary

S = 1_000_000_000


def queries(*rows):
    """Rows of (kind, start in s, statement), without fingerprints."""
    return tables.from_columns(
        "queries",
        {
            "duration_kind": [kind for kind, _, _ in rows],
            "started_at": [None if at is None else at * S for _, at, _ in rows],
            "statement": [text for _, _, text in rows],
        },
        rows=len(rows),
    )


def test_the_rows_are_those_of_primary():
    table = queries(
        ("server", 10, "select 1"),
        ("client", 10, "select 2"),
        ("server", 20, "select 3"),
        ("client", 90, "select 4"),
        ("client", None, "select 5"),
    )
    rec = Recording(contents={"queries": table})
    expected = primary(rec, "queries")["statement"].to_pylist()
    assert counted_once(rec, ("user",))["statement"].to_pylist() == expected
    assert expected == ["select 1", "select 3", "select 4"]


def test_columns_are_few_and_those_that_are_grouped_by_are_there():
    rec = Recording(contents={"queries": queries(("server", 1, "select 1"))})
    few = counted_once(rec, ("fingerprint_id",))
    assert "trace_id" not in few.column_names
    assert "attributes" not in few.column_names
    more = counted_once(rec, ("trace_id", "hour"))
    assert set(more.column_names) == set(few.column_names) | {"trace_id"}
    assert counted_once(Recording(), ("user",)).num_rows == 0


def test_missing_fingerprints_are_filled_in_and_known_ones_kept():
    table = queries(("server", 1, "select 1"), ("server", 2, None), ("server", 3, "select 'x'"))
    found = with_fingerprints(table)
    text = fingerprint("select 1")
    assert found["fingerprint"].to_pylist() == [text, None, text]
    assert found["fingerprint_id"].to_pylist() == [fingerprint_id(text), None, fingerprint_id(text)]
    assert with_fingerprints(found) is found  # nothing is missing: nothing is computed
    index = found.schema.get_field_index("fingerprint_id")
    ids = pa.array(["ab", None, None]).dictionary_encode().cast(found.schema.types[index])
    mixed = with_fingerprints(found.set_column(index, found.schema.field(index), ids))
    assert mixed["fingerprint_id"].to_pylist() == ["ab", None, fingerprint_id(text)]
