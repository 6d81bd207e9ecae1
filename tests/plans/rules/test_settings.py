import pytest

from perfkit.plans.facts import Facts
from perfkit.plans.rules.settings import (
    disabled_node,
    settings_nondefault,
    settings_of,
    switched_off,
)

SCAN = "select count(*) from orders where status > 'a' and total >= 0"


@pytest.fixture
def scan(joins_node, joins_tree):
    def plan(settings=None, ms=80.0, **more):
        return joins_tree(joins_node("Seq Scan", ms, **more), Settings=settings or {})

    return plan


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"work_mem": "64MB", "random_page_cost": "1.1", "jit": "off", "search_path": "shop"},
        {"enable_partitionwise_join": "on", "effective_cache_size": "12GB"},
        {"debug_parallel_query": "off"},
    ],
)
def test_settings_that_do_not_narrow_the_choice_are_nobodys_business(scan, settings):
    assert settings_nondefault(scan(settings), Facts()) == []


@pytest.mark.parametrize(
    ("name", "value", "back"),
    [
        ("enable_hashjoin", "off", "on"),
        ("enable_partition_pruning", "off", "on"),
        ("debug_parallel_query", "on", "off"),
        ("force_parallel_mode", "regress", "off"),
    ],
)
def test_a_switch_that_was_turned_is_told_with_the_way_back(scan, name, value, back):
    (finding,) = settings_nondefault(scan({name: value}), Facts())
    assert f"made with {name} = {value}" in finding.title
    assert finding.fix.snippet == f"RESET {name};"
    assert f"SET LOCAL {name} = {back};" in finding.fix.test
    assert (finding.severity, finding.saves_ms) == ("info", None)


def test_settings_are_empty_where_the_plan_does_not_print_them(joins_node, joins_tree):
    plan = joins_tree(joins_node("Seq Scan", 9.0))
    assert settings_of(plan) == {}
    assert not switched_off(plan, "Hash Join")


@pytest.mark.parametrize(
    ("more", "found"),
    [
        ({"Disabled": True}, True),
        ({"Disabled": False, "Total Cost": 1e10}, False),
        ({"Total Cost": 1.00001e10}, True),  # before PostgreSQL 18
        ({"Total Cost": 9.9e9}, False),
    ],
)
def test_a_forbidden_node_says_so_or_costs_ten_billion(scan, more, found):
    assert bool(disabled_node(scan(**more), Facts())) is found


def test_only_the_forbidden_node_itself_is_told(joins_node, joins_tree):
    low = joins_node("Seq Scan", 60.0, **{"Total Cost": 1.00001e10})
    plan = joins_tree(joins_node("Sort", 80.0, low, **{"Total Cost": 1.00002e10}))
    assert [f.evidence[0]["node"] for f in disabled_node(plan, Facts())] == [1]
    assert disabled_node(joins_tree(joins_node("Seq Scan", 4.9, Disabled=True)), Facts()) == []


def test_a_real_server_had_no_other_way(joins_plan, joins_found):
    settings = ("enable_seqscan = off", "enable_indexscan = off", "enable_bitmapscan = off",
                "enable_indexonlyscan = off")  # fmt: skip
    (finding,) = disabled_node(joins_plan(SCAN, *settings), Facts())
    assert "Seq Scan on public.orders ran although enable_seqscan = off" in finding.title
    (told,) = settings_nondefault(joins_plan(SCAN, *settings), Facts())
    assert "enable_seqscan" not in told.title
    assert joins_found(SCAN) == []


def test_a_plan_made_without_hash_joins_says_so(joins_found):
    sql = "select count(*) from orders o join customers c on c.id = o.customer_id"
    off = ("enable_hashjoin = off", "enable_mergejoin = off")
    assert joins_found(sql, *off) == ["settings-nondefault"]
    assert joins_found(sql) == []
