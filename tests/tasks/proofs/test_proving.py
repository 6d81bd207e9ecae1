"""Which method is used where, what it says, and that nothing is left behind."""

import signal
import threading
import time

import pytest
import sqlalchemy as sa

from perfkit.errors import UsageError
from perfkit.tasks.proofs import Question, best, prove

METHODS = ["hypopg", "sample", "built"]


@pytest.fixture
def composite(index_on):
    return index_on("user_id", "status", "created_at DESC")


@pytest.fixture
def all_candidates(index_on, composite):
    return [
        index_on("status", "user_id", "created_at DESC"),
        composite,
        index_on("user_id"),
        index_on("status"),
        index_on("note"),
    ]


@pytest.mark.parametrize("method", ["built", "sample"])
def test_the_search_is_proven_on_the_embedded_server(
    lab_engine, search, all_candidates, nothing_left, method
):
    with nothing_left(lab_engine):
        proofs = prove(lab_engine, Question(statement=search), all_candidates, methods=[method])
    assert [proof.verdict for proof in proofs] == ["helps", "helps", "helps", "tie", "not used"]
    assert {proof.method for proof in proofs} == {method}
    assert best(proofs).candidate.columns == ("user_id", "status", "created_at")
    proof = proofs[1]
    assert proof.after_blocks < 30
    assert proof.before_blocks > 500
    assert proof.after_cost < 0.1 * proof.before_cost
    assert (proof.before_ms is None) == (method == "sample")
    assert proof.plan_before.shape_id != proof.plan_after.shape_id
    assert proof.size_bytes > 10**6


def test_hypopg_proves_the_search_on_a_server_that_may_not_be_written(
    engine15, search, all_candidates, nothing_left
):
    with nothing_left(engine15):
        proofs = prove(engine15, Question(statement=search, mean_ms=20.0), all_candidates)
    assert [proof.verdict for proof in proofs] == ["helps", "helps", "helps", "tie", "not used"]
    assert {proof.method for proof in proofs} == {"hypopg"}
    assert {proof.before_blocks for proof in proofs} == {None}
    assert {proof.size_basis for proof in proofs} == {"estimated"}
    assert best(proofs).candidate.columns == ("user_id", "status", "created_at")
    assert 15.0 < proofs[1].saves_ms < 20.0


def test_what_hypopg_finds_to_help_is_measured_where_that_is_allowed(
    engine15, search, all_candidates, nothing_left
):
    with nothing_left(engine15):
        proofs = prove(engine15, Question(statement=search), all_candidates, expendable=True)
    assert [proof.method for proof in proofs] == ["built"] * 3 + ["hypopg"] * 2
    assert proofs[0].write_cost.wal_basis == "measured"


def test_hypothetical_and_real_index_agree(engine15, search, composite):
    question = Question(statement=search)
    hypothetical, real = (
        prove(engine15, question, [composite], expendable=True, methods=[method])[0]
        for method in ("hypopg", "built")
    )
    assert hypothetical.after_cost == pytest.approx(real.after_cost, rel=0.1)
    assert hypothetical.size_bytes == pytest.approx(real.size_bytes, rel=0.25)


def test_a_server_that_is_neither_lab_nor_expendable_is_never_written(
    engine15, search, composite, nothing_left
):
    with nothing_left(engine15):
        (proof,) = prove(
            engine15, Question(statement=search), [composite], methods=["sample", "built"]
        )
    assert proof.method == "none"
    assert proof.verdict == "not proven"
    assert "neither the lab nor called expendable" in proof.refused
    assert "CREATE INDEX" in proof.test
    assert "ROLLBACK" in proof.test


def test_a_sample_may_be_allowed_where_building_is_not(engine15, search, composite, nothing_left):
    with nothing_left(engine15):
        (proof,) = prove(
            engine15, Question(statement=search), [composite], sample=True,
            methods=["built", "sample"],
        )  # fmt: skip
    assert (proof.method, proof.verdict) == ("sample", "helps")


def test_an_ordinary_role_proves_by_hypopg_and_is_told_what_it_may_not(
    engine15, as_role, search, composite, index_on, nothing_left
):
    reader = as_role(engine15, "p6 reader")
    with nothing_left(engine15):
        (proof,) = prove(reader, Question(statement=search), [composite])
        assert (proof.method, proof.verdict) == ("hypopg", "helps")
        (proof,) = prove(
            reader, Question(statement=search), [composite], methods=["sample"], sample=True
        )
        assert "may not create tables" in proof.refused
        (proof,) = prove(
            reader, Question(statement=search), [composite], methods=["built"], expendable=True
        )
        assert "must be owner" in proof.refused


def test_gin_is_beyond_hypopg_and_built_where_it_may_be(
    lab_engine, engine15, nothing_left, index_on
):
    search = Question(statement="select id from orders where note like '%x39876'")
    trigrams = index_on("note gin_trgm_ops", method="gin", extension="pg_trgm")
    trigrams = type(trigrams)(
        schema="public", table="orders", method="gin", extension="pg_trgm",
        keys=(type(trigrams.keys[0])(column="note", operator_class="gin_trgm_ops"),),
    )  # fmt: skip
    with nothing_left(lab_engine, engine15):
        (refused,) = prove(engine15, search, [trigrams])
        (proof,) = prove(lab_engine, search, [trigrams])
    assert refused.verdict == "not proven"
    assert (proof.method, proof.verdict) == ("built", "helps")


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    "sql",
    [
        "select * from orders where user_id = $1::bigint limit $2 offset $3",
        "select * from orders where user_id = :user and total > :least",
        "select * from orders o where o.user_id = $1 and o.status = $2 order by total limit $3",
        "select * from orders where user_id = any($1)",
        "select * from users u join orders o on o.user_id = u.id where u.email = $1",
    ],
)
def test_values_that_are_missing_come_from_the_statistics(engine15, index_on, method, sql):
    (proof,) = prove(
        engine15, Question(statement=sql), [index_on("user_id")], methods=[method], expendable=True
    )
    assert proof.refused == ""
    assert proof.verdict == "helps"
    assert proof.values


def test_a_statement_without_any_example_is_proven_by_its_generic_plan(engine15, index_on):
    question = Question(statement="select * from orders where user_id = $1 + 1")
    (proof,) = prove(engine15, question, [index_on("user_id")], expendable=True)
    assert (proof.verdict, proof.values, proof.before_ms) == ("helps", None, None)
    assert proof.notes == ("The proof only planned it: no example values.",)


def test_a_write_is_planned_and_not_executed(engine15, lab_engine, index_on, nothing_left):
    question = Question(statement="update orders set total = 0 where user_id = :u", values={"u": 7})
    with nothing_left(engine15, lab_engine):
        for engine in (engine15, lab_engine):
            for method in METHODS[engine is lab_engine :]:
                (proof,) = prove(
                    engine, question, [index_on("user_id")], methods=[method], expendable=True
                )
                assert (proof.verdict, proof.before_ms) == ("helps", None), proof.refused


@pytest.mark.parametrize(
    ("sql", "why"),
    [
        ("select 1; drop table orders", "more than one statement"),
        ("select * from nowhere where a = 1", "does not exist"),
        ("vacuum orders", "VACUUM has no plan"),
        ("select * from orders where user_id = $1 and nothing = $2", "no plan for this statement"),
    ],
)
def test_what_cannot_be_planned_is_answered_with_the_reason(
    lab_engine, composite, nothing_left, sql, why
):
    with nothing_left(lab_engine):
        (proof,) = prove(lab_engine, Question(statement=sql), [composite])
    assert (proof.method, proof.verdict) == ("none", "not proven")
    assert why in proof.refused


def test_functions_with_effects_are_not_executed(lab_engine, composite, nothing_left):
    sql = "select nextval('orders_id_seq'), pg_advisory_lock(1) from orders where user_id = 42"
    with nothing_left(lab_engine):
        (proof,) = prove(lab_engine, Question(statement=sql), [composite], methods=["built"])
    assert proof.before_ms is None
    assert "may have effects" in proof.notes[0]


@pytest.mark.parametrize("method", ["sample", "built"])
@pytest.mark.parametrize("timeout_s", [0.002, 0.01, 0.03])
def test_a_proof_that_takes_too_long_leaves_nothing(
    lab_engine, index_on, nothing_left, method, timeout_s
):
    slow = "select count(*) from orders where user_id > 3 and md5(md5(note)) <> ''"
    with nothing_left(lab_engine):
        (proof,) = prove(
            lab_engine, Question(statement=slow), [index_on("note")], methods=[method],
            timeout_s=timeout_s,
        )  # fmt: skip
    assert "timeout" in proof.refused


@pytest.mark.parametrize("method", METHODS)
def test_a_proof_that_is_cancelled_leaves_nothing(
    engine15, index_on, nothing_left, method, monkeypatch
):
    """Ctrl-C in the middle: while the statement is explained for the second time."""
    from perfkit.tasks.proofs import asked

    calls = []
    real = asked._explained

    def explained(connection, *arguments):
        calls.append(1)
        if len(calls) == (2 if method == "hypopg" else 5):
            timer = threading.Timer(0.2, signal.raise_signal, [signal.SIGINT])
            timer.start()
            connection.exec_driver_sql("select pg_sleep(20)")
        return real(connection, *arguments)

    monkeypatch.setattr(asked, "_explained", explained)
    question = Question(statement="select * from orders where user_id = 42")
    started = time.monotonic()
    with nothing_left(engine15), pytest.raises(KeyboardInterrupt):
        prove(engine15, question, [index_on("user_id")], methods=[method], expendable=True)
    assert time.monotonic() - started < 10


def test_a_server_that_is_gone_is_an_answer_without_the_password(composite):
    engine = sa.create_engine("postgresql+psycopg://nobody:secret@127.0.0.1:1/nothing")
    (proof,) = prove(engine, Question(statement="select 1"), [composite], timeout_s=5)
    assert proof.verdict == "not proven"
    assert proof.refused
    assert "secret" not in proof.refused


def test_another_database_is_an_error(composite):
    with pytest.raises(UsageError, match="only PostgreSQL"):
        prove(sa.create_engine("sqlite://"), Question(statement="select 1"), [composite])


def test_a_large_table_is_sampled_before_it_is_built_on(
    lab_engine, search, composite, index_on, monkeypatch
):
    from perfkit.tasks.proofs import proving, sample

    question = Question(statement=search)
    assert prove(lab_engine, question, [composite])[0].method == "built"
    monkeypatch.setattr(proving, "BUILT_ROWS", 10_000)
    monkeypatch.setattr(sample, "SAMPLE_ROWS", 4_000)
    helping, useless = prove(lab_engine, question, [composite, index_on("note", "user_id")])
    assert (helping.method, helping.verdict) == ("sample", "helps")
    # A sample cannot tell that an index is of no use: all rows are asked.
    assert (useless.method, useless.verdict) == ("built", "not used")
