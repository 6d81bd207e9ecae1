import pytest

from perfkit.plans.facts import ColumnFacts, Facts, TableFacts
from perfkit.plans.rules.block_reads import read_efficiency, repeated_blocks

LOOPS = ("enable_hashjoin = off", "enable_mergejoin = off", "enable_memoize = off",
         "enable_material = off")  # fmt: skip


def scan(made, blocks, rows, kind="Seq Scan", **more):
    return made(
        kind, Relation_Name="orders", Schema="public", Actual_Rows=rows,
        Shared_Hit_Blocks=blocks, Shared_Read_Blocks=0, **more,
    )  # fmt: skip


def facts(pages=None, width=None):
    columns = {} if width is None else {"a": ColumnFacts(name="a", type="text", width_bytes=width)}
    table = TableFacts(schema="public", name="orders", pages=pages, columns=columns)
    return Facts(tables={("public", "orders"): table})


def wasted(plan, known=None):
    return read_efficiency(plan, known or Facts())


def test_a_table_whose_blocks_are_nearly_empty_is_found(scans_told, scans_plan):
    (finding,) = scans_told(scans_plan("select count(*) from emptied"))
    assert finding.rule == "read-efficiency"
    assert "4,546 blocks for 50 rows" in finding.title
    assert 0 < finding.saves_ms <= finding.evidence[0]["self_ms"]
    assert finding.fix.snippet == "VACUUM (VERBOSE, ANALYZE) public.emptied;"


@pytest.mark.parametrize(
    "sql",
    [
        "select count(*) from events",
        "select id from events",
        "select sum(length(note)) from events",
        "select count(body) from unknown_rows",
    ],
)
def test_tables_that_are_full_are_right(scans_plan, sql):
    assert wasted(scans_plan(sql)) == []


@pytest.mark.parametrize(
    ("blocks", "rows", "expected"),
    [(1000, 403, True), (1000, 404, False), (999, 0, False), (2500, 1000, True)],
)
def test_of_rows_of_two_kilobytes_four_fill_a_block(scans_made, blocks, rows, expected):
    assert bool(wasted(scan(scans_made, blocks, rows))) is expected


def test_known_widths_make_it_surer(scans_made):
    plan = scan(scans_made, 2000, 10_000)  # 128 bytes each: 157 blocks
    assert wasted(plan) == []
    (finding,) = wasted(plan, facts(width=100))
    assert finding.evidence[0]["filled_blocks"] == pytest.approx(10_000 * 128 / 8192)


def test_a_row_that_an_index_leads_to_may_lie_in_a_block_of_its_own(scans_made):
    assert wasted(scan(scans_made, 10_000, 10_000, "Index Scan"), facts(width=8)) == []
    assert wasted(scan(scans_made, 5000, 0, "Index Scan", Actual_Loops=100)) == []
    assert wasted(scan(scans_made, 50_000, 100, "Index Scan"))


def test_long_values_that_are_looked_into_have_blocks_of_their_own(scans_made):
    assert wasted(scan(scans_made, 9000, 100, Filter="(length(body) > 5)")) == []
    assert wasted(scan(scans_made, 9000, 100, Output=["length(body)"])) == []
    assert wasted(scan(scans_made, 9000, 100, Output=["body", "id"]))


def test_scans_without_buffers_and_quick_ones_are_left_alone(scans_made):
    assert wasted(scans_made(Relation_Name="orders")) == []
    assert wasted(scan(scans_made, 9000, 100, whole=2000.0)) == []


def test_a_small_table_descended_into_for_every_row_is_read_again_and_again(
    scans_plan, scans_facts
):
    sql = "select count(*) from events e join accounts a on a.id = e.account where e.id < 60000"
    known = scans_facts("events", "accounts")
    (finding,) = repeated_blocks(scans_plan(sql, *LOOPS), known)
    assert finding.keys == {"table": "public.accounts"}
    assert finding.evidence[0]["blocks"] > 100_000
    assert 0 < finding.saves_ms < finding.evidence[0]["self_ms"]
    assert "SET LOCAL enable_nestloop = off;" in finding.fix.test
    assert repeated_blocks(scans_plan(sql), known) == []
    assert repeated_blocks(scans_plan(sql, *LOOPS), Facts()) == []


@pytest.mark.parametrize(
    ("blocks", "pages", "loops", "expected"),
    [(30_000, 10_000, 2, True), (29_999, 10_000, 2, False), (9999, 10, 50, False),
     (30_000, 10_000, 1, False)],
)  # fmt: skip
def test_each_block_three_times_and_ten_thousand_in_all(scans_made, blocks, pages, loops, expected):
    plan = scan(scans_made, blocks, 10, "Index Scan", Actual_Loops=loops)
    assert bool(repeated_blocks(plan, facts(pages=pages))) is expected


def test_a_scan_of_the_whole_table_in_the_same_plan_tells_its_size(scans_made):
    inner = scan(scans_made, 40_000, 10, "Index Scan", Actual_Loops=40).root.properties
    whole = scan(scans_made, 1000, 10).root.properties | {"Actual Total Time": 5.0}
    plan = scans_made("Append", 3205.0, dict(whole), dict(inner))
    (finding,) = repeated_blocks(plan, Facts())
    assert finding.evidence[0]["table_blocks"] == 1000
