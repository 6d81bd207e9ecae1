import pytest

from perfkit.plans import rules
from perfkit.plans.facts import Facts
from perfkit.plans.read import read_plan
from perfkit.plans.rules.functions import slow_function


@pytest.fixture
def scan(joins_node, joins_tree):
    def plan(ms=100.0, *, rows=100, removed=0, expression="slow_price(total)", **more):
        node = joins_node(
            "Seq Scan", ms, rows=rows,
            **{"Relation Name": "orders", "Filter": f"({expression} > 5)",
               "Rows Removed by Filter": removed, "Shared Read Blocks": 0} | more,
        )  # fmt: skip
        return slow_function(joins_tree(node), Facts())

    return plan


@pytest.mark.parametrize(
    ("more", "found"),
    [
        ({}, True),
        ({"rows": 5000}, True),  # 20 µs each
        ({"rows": 5001}, False),
        ({"rows": 10, "removed": 4991}, False),  # those thrown away were computed too
        ({"ms": 19.9}, False),
        ({"Shared Read Blocks": 801}, False),  # reading explains it
        ({"expression": "lower(name)"}, False),
        ({"expression": "(total)::numeric(10,2)"}, False),
        ({"expression": "((a AND b) OR (c))"}, False),
        ({"expression": "shop.price(total)"}, True),
        ({"Filter": None, "Output": ["id", "price(total)"]}, True),
        ({"Node Type": "Sort"}, False),
    ],
)
def test_twenty_microseconds_a_row_with_a_function_to_blame(scan, more, found):
    assert bool(scan(**more)) is found


def test_the_sentence_names_the_function_and_its_price(scan):
    (finding,) = scan()
    assert finding.title == (
        "Seq Scan on orders spends 100 ms (100.0 % of the time) computing, 1.00 ms for each of "
        "100 rows: it calls slow_price()"
    )
    assert finding.saves_ms is None


def test_compiling_is_not_computing(joins_node, joins_tree):
    node = joins_node("Seq Scan", 100.0, rows=100, Filter="price(a)")
    timing = {"Timing": {"Total": 81.0}}
    assert slow_function(joins_tree(node, JIT=timing), Facts()) == []


def test_a_value_handed_up_is_computed_below(joins_node, joins_tree):
    low = joins_node("Seq Scan", 90.0, rows=100, Output=["id", "(price(total))"])
    top = joins_node("Limit", 91.0, low, rows=100, Output=["id", "(price(total))"])
    assert [f.evidence[0]["node"] for f in slow_function(joins_tree(top), Facts())] == [1]


@pytest.mark.parametrize(
    "sql",
    [
        "select slow_price(total) from orders where id <= 60",
        "select count(*) from orders where slow_price(total) > 5 and id <= 60",
        "select * from pg_sleep(0.05)",
        "select pg_sleep(0.05)",
        "select slow_price(g) from generate_series(1, 60) g",
        "select count(*) from audited a join audited b on slow_price(a.id) = b.id where a.id < 60",
    ],
)
def test_slow_functions_are_found_on_a_real_server(joins_plan, sql):
    assert len(slow_function(joins_plan(sql), Facts())) == 1


@pytest.mark.parametrize(
    "sql",
    [
        "select quick_price(total) from orders",
        "select count(*) from orders where quick_price(total) > 5",
        "select upper(note), md5(note) from orders",
        "select count(*) from orders where note ~ '^x+y$' or total >= 0",
        "select * from generate_series(1, 300000)",
        "select string_agg(note, ',') from orders group by status",
    ],
)
def test_quick_functions_are_left_alone(joins_found, sql):
    assert joins_found(sql, "work_mem = '64MB'") == []


def test_a_document_made_for_every_row_is_indexed_instead():
    plan = read_plan(
        "Seq Scan on articles  (cost=0.00..90000.00 rows=500 width=400) "
        "(actual time=5.1..22100.9 rows=412 loops=1)\n"
        "  Filter: (to_tsvector('english'::regconfig, ((title || ' '::text) || body)) @@ "
        "to_tsquery('word'::text))\n  Rows Removed by Filter: 199588\n"
        "Execution Time: 22101.2 ms\n"
    )
    (finding,) = rules.findings(plan, Facts())
    assert finding.rule == "slow-seq-scan"
    assert "USING gin ((to_tsvector('english'::regconfig," in finding.fix.snippet
