import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.plans.reading.heads import head_of
from perfkit.plans.reading.logical import footer_rows, key_of, logical_lines, marker_of

ROOT = "Sort  (cost=3.45..3.50 rows=32 width=224) (actual time=0.532..0.611 rows=10 loops=1)"
LINES = [
    ROOT,
    "  Sort Key: n.nspname, c.relname DESC, ((a.one_more_long_expression || b.two)), d.last_one",
    "  Sort Method: quicksort  Memory: 25kB",
    f"  ->  Hash Join  {ROOT[6:]}",
    "        Hash Cond: ((c.relnamespace = n.oid) AND (c.other_column_of_it = n.one_of_that))",
    "        ->  Seq Scan on pg_class c  (cost=0.00..29.84 rows=64 width=73) (never executed)",
    "              Filter: ((kind = ANY ('{r,p}'::\"char\"[])) AND (name <> 'it''s (one'::name))",
    f"        ->  Index Scan Backward using a_long_name_of_an_index on a_long_name x  {ROOT[6:]}",
    "Planning Time: 0.636 ms",
]


def texts(lines):
    return [line.text for line in logical_lines(lines, 0)]


def wrapped(lines, width):
    return [line[at : at + width] for line in lines for at in range(0, len(line), width)]


@pytest.mark.parametrize("width", [60, 72, 79, 80, 81, 100, 120])
def test_lines_that_a_terminal_broke_are_joined(width):
    found = texts(wrapped(LINES, width))
    squeezed = ["".join(line.split()) for line in found]
    assert squeezed == ["".join(line.split()) for line in LINES]
    assert [head_of(line) for line in found] == [head_of(line.strip()) for line in LINES]


def test_lines_that_a_mail_program_broke_get_their_blank_back():
    lines = [ROOT, "  Filter: ((a = 1) AND", "(b = 2))", "  ->  Seq Scan on t  (cost=0.00..1.00",
             "rows=1 width=4) (actual", "time=0.1..0.2 rows=1", "loops=1)"]  # fmt: skip
    assert texts(lines)[1:] == [
        "Filter: ((a = 1) AND (b = 2))",
        "->  Seq Scan on t  (cost=0.00..1.00 rows=1 width=4) (actual time=0.1..0.2 rows=1 loops=1)",
    ]


def test_names_and_literals_keep_their_line_ends():
    lines = [ROOT, '  ->  Seq Scan on "a', "", 'b" x', "        Filter: (c = 'one",
             "  two: 3'::text)", "        Buffers: shared hit=1"]  # fmt: skip
    assert texts(lines)[1:] == [
        '->  Seq Scan on "a\n\nb" x',
        "Filter: (c = 'one\n  two: 3'::text)",
        "Buffers: shared hit=1",
    ]


def test_a_quote_that_never_closes_ends_with_the_line():
    assert texts([ROOT, "  Foreign File: /it's", "  ->  Result", "        Output: 1"])[1:] == [
        "Foreign File: /it's", "->  Result", "Output: 1",
    ]  # fmt: skip


def test_what_follows_the_plan_is_not_part_of_its_last_line():
    lines = [ROOT, "Planning Time: 1 ms", "and so on", "(2 rows)", "postgres=# select 1;"]
    assert texts(lines)[1:] == lines[1:]


@given(st.lists(st.text(alphabet="ab'\"()->: \n", max_size=12), max_size=8))
def test_no_character_is_lost_or_made(rest):
    lines = [ROOT, *"\n".join(rest).split("\n")]
    joined = "".join("".join(line.text.split()) for line in logical_lines(lines, 0))
    assert joined == "".join("".join(lines).split())


@pytest.mark.parametrize(
    ("text", "pair"),
    [("Filter: (a::text = 'b: c')", ("Filter", "(a::text = 'b: c')")), ("JIT:", ("JIT", "")),
     ("I/O Timings: read=1", ("I/O Timings", "read=1")), ("a::text = 1", None), (": x", None),
     ("extParam: none", ("extParam", "none")), ("'a': 1", None), ("x" * 200 + ": 1", None),
     ("RTI 1 (relation, in-from-clause):", ("RTI 1 (relation, in-from-clause)", ""))],
)  # fmt: skip
def test_a_key_is_what_stands_before_the_first_colon(text, pair):
    assert key_of(text) == pair


@pytest.mark.parametrize(
    "text", ["InitPlan 1 (returns $0)", "SubPlan 12", "InitPlan 3", "CTE a b", "InitPlan expr_1",
             "SubPlan exists_2", "InitPlan 2 (returns $1,$2)"]
)  # fmt: skip
def test_names_of_subplans_are_known(text):
    assert marker_of(text) == text


@pytest.mark.parametrize("text", ["CTE Scan on x", "SubPlan", "InitPlan 1 and more", "Seq Scan"])
def test_other_lines_name_no_subplan(text):
    assert marker_of(text) is None


@pytest.mark.parametrize(
    ("text", "rows"),
    [("(15 rows)", 15), ("(1 row)", 1), ("(37 lignes)", 37), ("(3 строки)", 3), ("(4 行)", 4),
     ("(5 Zeilen)", 5), ("(cost=1)", None), ("(12)", None), ("(2 rows", None)],
)  # fmt: skip
def test_the_count_of_rows_is_known_in_every_language(text, rows):
    assert footer_rows(text) == rows
