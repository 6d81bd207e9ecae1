import pytest
import sqlalchemy as sa

from perfkit.plans.candidates import Candidate
from perfkit.plans.conditions import SortKey
from perfkit.plans.read import read_plan
from perfkit.probes.server import identify
from perfkit.probes.session import rolled_back
from perfkit.probes.slow_statements import SlowStatement, generic_plan
from perfkit.tasks.index_creates import Proposal
from perfkit.tasks.index_proof import Proof, prove


@pytest.fixture
def proven(shop_engine):
    """Return the proof of an index on ``columns`` of orders for a statement."""

    def measure(sql, *columns, timeout_s=20):
        with rolled_back("test", shop_engine, timeout_s=20) as connection:
            plan = generic_plan(connection, identify(connection), sql)
        wanted = Candidate(
            schema="public", table="orders", keys=tuple(SortKey(column=c) for c in columns),
            equality=1,
        )  # fmt: skip
        proposal = Proposal(
            candidate=wanted, statement=SlowStatement(sql, 1, 10.0), plan=plan, cost_share=1.0,
            table_rows=60_000,
        )  # fmt: skip
        return prove(shop_engine, proposal, timeout_s=timeout_s)

    return measure


@pytest.mark.parametrize(
    ("changes", "helps"),
    [
        ({}, True),
        ({"after_ms": 7.0}, True),  # exactly three tenths faster
        ({"after_ms": 7.1}, False),
        ({"after_blocks": 101}, False),
        ({"after_blocks": 100}, True),
        ({"used": False}, False),
    ],
)
def test_an_index_helps_when_it_is_used_faster_and_touches_no_more(changes, helps):
    facts = {
        "before_ms": 10.0, "after_ms": 1.0, "before_blocks": 100, "after_blocks": 5, "used": True,
    }  # fmt: skip
    assert Proof(**(facts | changes)).helps is helps


def test_what_was_refused_does_not_help():
    assert not Proof(refused="no example values").helps


def test_a_selective_search_is_proven_and_nothing_stays(proven, contents):
    before = contents()
    proof = proven("select * from orders where user_id = $1", "user_id")
    assert proof.refused == ""
    assert proof.used
    assert proof.helps
    assert proof.after_blocks < proof.before_blocks / 5
    assert proof.size_bytes > 8192
    assert contents() == before


@pytest.mark.parametrize(
    "sql",
    [
        "select * from orders where user_id = $1::bigint limit $2 offset $3",
        "select * from orders where user_id = $1 and total > $2",
        "select * from orders o where o.user_id = $1 and o.status = $2 order by total limit $3",
    ],
)
def test_parameters_get_values_from_the_statistics(proven, sql):
    assert proven(sql, "user_id").refused == ""


@pytest.mark.parametrize(
    ("sql", "why"),
    [
        ("update orders set total = $1 where user_id = $2", "the statement writes"),
        ("select * from orders where user_id = $1 for update", "the statement writes"),
        ("select nextval('orders_id_seq') from orders where user_id = $1", "nextval() may have"),
        ("select * from orders where user_id = $1 + 1", "no example values"),
        ("select * from orders where user_id = any($1)", "no example values"),
        ("select * from orders where user_id = 7 and length(note) = $1", "no example values"),
    ],
)
def test_what_cannot_be_run_safely_is_refused_with_the_reason(proven, contents, sql, why):
    before = contents()
    proof = proven(sql, "user_id")
    assert why in proof.refused
    assert not proof.helps
    assert contents() == before


def test_an_index_that_the_planner_passes_over_is_not_used(proven):
    proof = proven("select * from orders where status = $1", "note")
    assert proof.refused == ""
    assert not proof.used


def test_a_build_that_takes_too_long_is_refused_not_raised(proven, contents):
    before = contents()
    proof = proven("select * from orders where user_id = $1", "note", timeout_s=0.005)
    assert "timeout" in proof.refused
    assert contents() == before


def test_a_server_that_is_gone_is_refused_not_raised():
    engine = sa.create_engine("postgresql+psycopg://nobody:secret@127.0.0.1:1/nothing")
    wanted = Candidate(table="t", keys=(SortKey(column="a"),), equality=1)
    plan = read_plan({"Plan": {"Node Type": "Seq Scan"}})
    proposal = Proposal(
        candidate=wanted, statement=SlowStatement("select 1", 1, 1.0), plan=plan, cost_share=1.0,
        table_rows=1.0,
    )  # fmt: skip
    proof = prove(engine, proposal, timeout_s=5)
    assert proof.refused.startswith("index_audit: ")
    assert "secret" not in proof.refused
