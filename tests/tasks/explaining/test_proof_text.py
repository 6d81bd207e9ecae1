import pytest

from perfkit.plans.candidates.ddl import parse
from perfkit.plans.read import read_plan
from perfkit.tasks.explaining.proof_text import figures, headline, index_text, tried
from perfkit.tasks.proofs import Proof, Question, WriteCost

PLAN = read_plan('[{"Plan": {"Node Type": "Result"}}]')
INDEX = parse("create index on shop.orders (user_id, created_at desc) where status = 'open'")


def proof(**facts):
    found = {
        "method": "built", "verdict": "helps", "used": True, "before_cost": 12325.0,
        "after_cost": 82.4, "before_blocks": 8271, "after_blocks": 23, "before_ms": 98.0,
        "after_ms": 0.02, "size_bytes": 19 << 20, "size_basis": "measured", "plan_after": PLAN,
        "write_cost": WriteCost(wal_bytes_per_1000_inserts=84 << 10, hot_columns=("status",)),
    }  # fmt: skip
    return Proof(candidate=INDEX, question=Question(statement="select 1"), **{**found, **facts})


def test_the_index_is_written_as_it_is_built():
    assert index_text(INDEX) == "shop.orders (user_id, created_at DESC) WHERE status = 'open'"


def test_before_and_after_size_and_price_are_one_line():
    assert figures(proof()) == (
        "cost 12,325 -> 82, 8,271 -> 23 blocks, 98 ms -> 20 µs, 19 MB, "
        "+84 kB of WAL per 1,000 inserts, updates of status stop being HOT (built, rolled back)"
    )


def test_what_was_not_measured_is_left_out_and_estimates_say_so():
    text = figures(
        proof(method="hypopg", before_ms=None, after_ms=None, before_blocks=None,
              after_blocks=None, write_cost=None, size_basis="estimated", after_cost=0.28)
    )  # fmt: skip
    assert text == "cost 12,325 -> 0.28, about 19 MB (HypoPG)"


@pytest.mark.parametrize(
    ("facts", "ending"),
    [
        (
            {"verdict": "not used", "used": False},
            "the planner does not use it (built, rolled back)",
        ),
        ({"verdict": "tie"}, "which makes no difference"),
        ({"plan_after": None, "refused": "no right."}, "not proven; no right"),
        ({"plan_after": None, "refused": ""}, "not proven; no method is available here"),
    ],
)
def test_a_headline_says_what_it_comes_to(facts, ending):
    text = headline(proof(**facts))
    assert text.startswith("With shop.orders (user_id")
    assert text.endswith(ending)


def test_all_that_was_tried_is_a_table():
    (row,) = tried([proof()]).to_pylist()
    assert (row["verdict"], row["method"]) == ("helps", "built, rolled back")
    assert row["write_cost"].startswith("84 kB of WAL")
