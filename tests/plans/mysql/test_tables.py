import pytest

from perfkit.plans.mysql.tables import scan, written


@pytest.mark.parametrize(
    ("access", "kind"),
    [
        ("ALL", "Table Scan"), ("index", "Index Scan"), ("range", "Index Range Scan"),
        ("ref", "Index Lookup"), ("eq_ref", "Single-row Index Lookup"), ("const", "Constant Row"),
        ("hash_range", "Index Range Scan"), ("fulltext", "Full-text Index Search"),
        ("index_merge", "Index Merge"), ("new", "Table Access (new)"),
    ],
)  # fmt: skip
def test_every_way_to_read_a_table_has_a_name(access, kind):
    assert scan({"table_name": "t", "access_type": access}, None).kind == kind


def test_the_indexes_that_are_merged_are_named():
    merged = {"union": [{"range": {"key": "a"}}, {"range": {"key": "b"}}, {"range": {"key": "a"}}]}
    made = scan({"table_name": "t", "access_type": "index_merge", "index_merge": merged}, None)
    assert made.properties["Index Name"] == "a, b"


def test_rows_are_counted_behind_the_filter():
    table = {
        "table_name": "t",
        "r_loops": 2,
        "r_rows": 10,
        "r_filtered": 30,
        "rows": 40,
        "filtered": 5,
    }
    found = scan(table, 1.0).properties
    assert (found["Actual Rows"], found["Rows Removed by Filter"]) == (3, 7)
    assert (found["Plan Rows"], found["Actual Loops"]) == (2, 2)
    assert found["r_rows"] == 10


def test_a_table_that_was_never_read_has_no_rows():
    found = scan({"table_name": "t", "r_loops": 0, "r_rows": None, "r_filtered": None}, 1.0)
    assert found.properties["Actual Loops"] == 0
    assert "Actual Rows" not in found.properties


def test_time_without_a_count_of_loops_means_once_per_run_of_the_block():
    lookup = {"table_name": "t", "r_loops": 0, "r_table_time_ms": 2.0, "r_other_time_ms": 1.0}
    assert scan(lookup, 7.0).loops == 7
    assert scan(lookup, 7.0).own_ms == 3.0
    assert scan({"table_name": "t", "r_total_time_ms": 4.0}, 1.0).own_ms == 4.0


def test_writes_are_steps_of_their_own():
    assert written({"table_name": "t"}, None, None) is None
    for verb in ("insert", "update", "delete", "replace"):
        made = written({"table_name": "t", verb: True}, None, None)
        assert (made.kind, made.properties["Operation"]) == (verb.capitalize(),) * 2
    assert scan({"table_name": "t"}, None).kind == "Insert"
