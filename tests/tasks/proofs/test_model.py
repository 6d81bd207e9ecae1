import pytest

from perfkit.tasks.proofs import Proof, Question, WriteCost


@pytest.fixture
def proof(index_on):
    def make(mean_ms=None, **facts):
        question = Question(statement="select 1", mean_ms=mean_ms)
        return Proof(candidate=index_on("a"), question=question, **facts)

    return make


def test_what_is_left_is_told_by_the_best_that_was_measured(proof):
    facts = {"before_cost": 100.0, "after_cost": 50.0}
    assert proof(**facts).ratio == 0.5
    facts |= {"before_blocks": 100, "after_blocks": 20}
    assert proof(**facts).ratio == 0.2
    facts |= {"before_ms": 10.0, "after_ms": 0.0}
    assert proof(**facts).ratio == 0.0
    assert proof().ratio is None


def test_the_saving_is_that_of_the_workload_and_only_of_an_index_that_helps(proof):
    facts = {"before_ms": 10.0, "after_ms": 1.0}
    assert proof(verdict="helps", mean_ms=200.0, **facts).saves_ms == pytest.approx(180.0)
    assert proof(verdict="helps", **facts).saves_ms == pytest.approx(9.0)
    assert proof(verdict="tie", **facts).saves_ms is None
    assert proof(verdict="helps", before_cost=10.0, after_cost=1.0).saves_ms is None
    slower = proof(verdict="helps", before_ms=1.0, after_ms=2.0)
    assert slower.saves_ms == 0.0


@pytest.mark.parametrize(
    ("cost", "text"),
    [
        (WriteCost(), "unknown"),
        (WriteCost(wal_bytes_per_1000_inserts=100_000.0), "of WAL per 1,000 inserts (estimated)"),
        (
            WriteCost(
                insert_ms_per_1000=1.25, hot_columns=("status",), basis="measured",
                wal_bytes_per_1000_inserts=2048.0, wal_basis="measured",
            ),
            "; 1.2 ms per 1,000 inserts; updates of status stop being HOT",
        ),
    ],
)  # fmt: skip
def test_the_price_is_said_in_a_sentence(cost, text):
    assert cost.text.endswith(text)
