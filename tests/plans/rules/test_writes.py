import pytest

from perfkit.plans.facts import Facts, IndexFacts, TableFacts
from perfkit.plans.rules.writes import low_hot_share, wal_full_page_images

UPDATE = "update ledgers set total = total + 1"
INDEX = IndexFacts(name="i", method="btree", keys=("total",))


def facts(updates, hot, *, indexes=(INDEX,), schema="public"):
    table = TableFacts(
        schema=schema, name="ledgers", updates=updates, hot_updates=hot, indexes=indexes
    )
    return Facts(tables={(schema, "ledgers"): table})


@pytest.fixture
def write(joins_node, joins_tree):
    def plan(ms=80.0, **more):
        node = joins_node(
            "ModifyTable", ms,
            **{"Operation": "Update", "Relation Name": "ledgers", "WAL FPI": 1000,
               "WAL Bytes": 10_000_000, "WAL Records": 5000} | more,
        )  # fmt: skip
        return joins_tree(node)

    return plan


@pytest.mark.parametrize(
    ("more", "found"),
    [
        ({}, True),
        ({"WAL FPI": 999}, False),
        ({"WAL Bytes": 16_384_000}, True),
        ({"WAL Bytes": 16_384_001}, False),  # less than half
        ({"WAL FPI Bytes": 4_999_999}, False),  # PostgreSQL 19 says it exactly
        ({"WAL FPI Bytes": 5_000_000}, True),
        ({"ms": 4.9}, False),
        ({"Node Type": "Seq Scan"}, False),
    ],
)
def test_a_thousand_whole_pages_and_half_of_the_wal(write, more, found):
    assert bool(wal_full_page_images(write(**more), Facts())) is found


def test_the_sentence_says_how_much_of_the_wal_it_is(write):
    (finding,) = wal_full_page_images(write(), Facts())
    assert finding.title.startswith("81.9 % of the WAL of this UPDATE (9.54 MB) are 1,000 whole")
    assert (finding.severity, finding.confidence) == ("info", "low")


@pytest.mark.parametrize(
    ("known", "found"),
    [
        (facts(1000, 499, schema=""), True),
        (facts(1000, 500, schema=""), False),
        (facts(999, 0, schema=""), False),
        (facts(1000, None, schema=""), False),
        (facts(1000, 0, schema="", indexes=()), False),
        (Facts(), False),
    ],
)
def test_a_table_whose_updates_change_its_indexes(write, known, found):
    assert bool(low_hot_share(write(), known)) is found


def test_inserts_are_never_heap_only(write):
    assert low_hot_share(write(Operation="Insert"), facts(1000, 0, schema="")) == []


def test_an_update_of_a_real_server_is_judged_by_the_tables_counters(joins_engine, joins_plan):
    plan = joins_plan(UPDATE)
    assert plan.root.number("WAL Bytes") > 0
    assert wal_full_page_images(plan, Facts()) == []  # full_page_writes is off in the lab
    assert low_hot_share(plan, facts(5000, 4000)) == []
    (finding,) = low_hot_share(plan, facts(5000, 10))
    assert finding.fix.snippet == "ALTER TABLE public.ledgers SET (fillfactor = 90);"
    assert finding.evidence[0]["rows_changed"] == 80_000
    with joins_engine.connect() as connection:
        assert connection.exec_driver_sql(finding.fix.test).all()
