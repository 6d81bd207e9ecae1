"""How many blocks an index is allowed for each descent before its table counts as bloated."""

import pytest

from perfkit.plans.facts import ColumnFacts, Facts, TableFacts
from perfkit.plans.rules.block_reads import read_efficiency, repeated_blocks

WIDTHS = {"a": ColumnFacts(name="a", type="int", width_bytes=8)}
KNOWN = Facts(
    tables={("public", "t"): TableFacts(schema="public", name="t", pages=9, columns=WIDTHS)}
)


@pytest.mark.parametrize(
    ("blocks", "found"),
    [
        (10_100, True),  # ten times the block of the rows and five of each of 201 descents
        (10_059, False),
        (5100, False),
    ],
)
def test_five_blocks_a_descent_are_right(scans_made, blocks, found):
    plan = scans_made(
        "Index Scan", Relation_Name="t", Schema="public", Actual_Rows=0, Actual_Loops=201,
        Shared_Hit_Blocks=blocks, Shared_Read_Blocks=0,
    )  # fmt: skip
    assert bool(read_efficiency(plan, KNOWN)) is found


@pytest.mark.parametrize(
    ("blocks", "share", "found"),
    [
        (10_000, 0.25, True),
        (9999, 0.25, False),
        (19_999, 0.4, True),
        (10_000, 0.24, False),
        (10_000, 0.13, False),
    ],
)
def test_ten_thousand_blocks_in_a_quarter_of_the_time_are_repeated(
    scans_made, blocks, share, found
):
    plan = scans_made(
        "Index Scan", 100.0, whole=200.0 / share, Relation_Name="t", Schema="public",
        Actual_Loops=2, Shared_Hit_Blocks=blocks, Shared_Read_Blocks=0,
    )  # fmt: skip
    assert bool(repeated_blocks(plan, KNOWN)) is found


@pytest.mark.parametrize(("loops", "found"), [(1, True), (2, False)])
def test_a_table_is_as_large_as_one_scan_of_all_of_it(scans_made, loops, found):
    """Two scans of a table of 10,000 blocks are no scan of 20,000."""
    inner = scans_made.node(
        "Index Scan", 40.0, Relation_Name="t", Schema="public", Actual_Loops=40,
        Shared_Hit_Blocks=40_000, Shared_Read_Blocks=0,
    )  # fmt: skip
    whole = scans_made.node(
        "Seq Scan", 5.0, Relation_Name="t", Schema="public", Actual_Loops=loops,
        Shared_Hit_Blocks=2000, Shared_Read_Blocks=0,
    )  # fmt: skip
    plan = scans_made("Append", 1700.0, whole, inner)
    assert bool(repeated_blocks(plan, Facts())) is found
