"""Five rows thrown away for each one kept, and a thousand in all, from both sides."""

import pytest

from perfkit.plans.mysql.reading import read
from perfkit.plans.rules.mysql_scans import index_with_filter


@pytest.mark.parametrize(
    ("rows", "filtered", "found"),
    [
        (60_000, 16.66, True),  # five for one
        (60_000, 16.7, False),
        (60_000, 28.0, False),
        (1111, 10.0, False),  # 999.9 rows are thrown away
        (1112, 10.0, True),
        (2000, 10.0, True),
    ],
)
def test_five_rows_are_thrown_away_for_one_and_a_thousand_in_all(rows, filtered, found):
    table = {
        "table_name": "o", "access_type": "ref", "key": "k", "used_key_parts": ["s"],
        "r_loops": 1, "rows": rows, "r_rows": rows, "filtered": 10, "r_filtered": filtered,
        "r_table_time_ms": 40.0, "r_other_time_ms": 0.0, "attached_condition": "o.a = 1",
    }  # fmt: skip
    block = {"r_loops": 1, "r_total_time_ms": 80.0, "nested_loop": [{"table": table}]}
    assert bool(index_with_filter(read({"query_block": block}), None)) is found
