import pytest

from perfkit.tasks.proofs import Question, dropped, prove_drop

BY_USER = Question(statement="select * from orders where user_id = 42", calls=10)
BY_ID = Question(statement="select * from orders where id = $1")
ALL = Question(statement="select count(*) from orders")
COVERED = Question(statement="select * from orders where total = 5")


@pytest.fixture(params=["lab", "15"])
def indexed(request):
    """Servers with an index that is needed, one that has a twin, and one that is never used."""
    engine = request.getfixturevalue("lab_engine" if request.param == "lab" else "engine15")
    with engine.connect() as connection:
        connection.exec_driver_sql(
            'create index "by:user ""%%" on orders (user_id);'
            "create index by_total on orders (total);"
            "create index by_total_too on orders (total, price);"
            "create index by_note on orders (note)"
        )
        connection.commit()
    yield engine
    with engine.connect() as connection:
        connection.exec_driver_sql('drop index "by:user ""%%", by_total, by_total_too, by_note')
        connection.commit()


PARTS = """
create table ev (id int, k int, u int) partition by range (id);
create table ev1 partition of ev for values from (0) to (50000) partition by hash (id);
create table ev1a partition of ev1 for values with (modulus 2, remainder 0);
create table ev1b partition of ev1 for values with (modulus 2, remainder 1);
create table ev2 partition of ev for values from (50000) to (999999);
insert into ev select i, i % 1000, i from generate_series(1, 99999) i;
create index ev_k on ev (k); create index ev_u on ev (u); create index ev_ku on ev (k, u);
analyze ev
"""


@pytest.fixture(params=["lab", "15"])
def parted(request):
    """Servers with a table in partitions of two levels: an index has a twin, one has none."""
    engine = request.getfixturevalue("lab_engine" if request.param == "lab" else "engine15")
    with engine.connect() as connection:
        connection.exec_driver_sql(PARTS.replace("%", "%%"))
        connection.commit()
    yield engine
    with engine.connect() as connection:
        connection.exec_driver_sql("drop table ev")
        connection.commit()


@pytest.mark.parametrize(
    ("name", "verdict"), [("ev_u", {"hurts"}), ("ev_k", {"changes", "no change"})]
)
def test_the_index_of_a_partitioned_table_goes_with_those_of_all_partitions(
    parted, nothing_left, name, verdict
):
    asked = [
        Question(statement="select * from ev where u = 5"),
        Question(statement="select * from ev where k = $1"),
    ]
    with nothing_left(parted):
        proof = prove_drop(parted, ("public", name), asked, expendable=True)
    assert proof.verdict in verdict


def test_the_drop_of_a_needed_index_hurts(indexed, nothing_left):
    with nothing_left(indexed):
        proof = prove_drop(
            indexed, ("public", 'by:user "%'), [ALL, BY_USER, BY_ID], expendable=True
        )
    assert (proof.method, proof.verdict, proof.tested) == ("catalogue", "hurts", 3)
    change = proof.changes[0]
    assert change.question is BY_USER
    assert change.ratio > 5
    assert change.hurts


def test_the_drop_of_an_index_with_a_twin_changes_a_plan_and_hurts_nobody(indexed):
    proofs = [
        prove_drop(indexed, ("public", name), [COVERED, ALL], expendable=True)
        for name in ("by_total", "by_total_too")
    ]
    assert {proof.verdict for proof in proofs} == {"changes", "no change"}
    (change,) = [change for proof in proofs for change in proof.changes]
    assert change.ratio == pytest.approx(1.0, abs=0.25)


def test_nobody_misses_an_index_that_no_statement_uses(indexed):
    proof = prove_drop(indexed, ("public", "by_note"), [BY_USER, BY_ID], expendable=True)
    assert (proof.verdict, proof.changes) == ("no change", ())


def test_a_primary_key_can_be_hidden_as_well(indexed):
    proof = prove_drop(indexed, ("public", "orders_pkey"), [BY_ID], expendable=True)
    assert proof.verdict == "hurts"


def test_without_a_way_it_cannot_be_tested(engine15, as_role, nothing_left):
    with nothing_left(engine15):
        for engine, expendable in ((engine15, False), (as_role(engine15, "p6 writer"), True)):
            proof = prove_drop(engine, ("public", "orders_pkey"), [BY_ID], expendable=expendable)
            assert (proof.method, proof.verdict) == ("none", "cannot test")
            assert "HypoPG 1.4" in proof.refused


def test_what_cannot_be_planned_is_said_and_the_rest_is_tested(lab_engine):
    broken = Question(statement="select * from nowhere")
    proof = prove_drop(lab_engine, ("public", "orders_pkey"), [broken, BY_ID])
    assert (proof.tested, proof.verdict) == (1, "hurts")
    assert "does not exist" in proof.refused
    assert prove_drop(lab_engine, ("public", "orders_pkey"), [broken]).verdict == "cannot test"


def test_an_index_that_is_not_there_is_an_answer(lab_engine):
    proof = prove_drop(lab_engine, ("public", "x'; drop table orders --"), [BY_ID])
    assert proof.verdict == "cannot test"
    assert "no index" in proof.refused


@pytest.fixture
def hiding(engine15, monkeypatch):
    """HypoPG as of 1.4, of which no server can be installed here: its calls, acted out."""
    place = '"Hypo:x %%s"'
    with engine15.connect() as connection:
        for name, valid in (("hide", "false"), ("unhide", "true")):
            connection.exec_driver_sql(
                f"create function {place}.hypopg_{name}_index(oid) returns bool volatile as "
                f"'update pg_index set indisvalid = {valid} where indexrelid = $1 returning true'"
                " language sql"
            )
        connection.commit()
    monkeypatch.setattr(dropped, "_hides", lambda version: True)
    yield engine15
    with engine15.connect() as connection:
        for name in ("hide", "unhide"):
            connection.exec_driver_sql(f"drop function {place}.hypopg_{name}_index")
        connection.commit()


def test_a_hypopg_that_hides_is_used_everywhere(hiding, nothing_left):
    with nothing_left(hiding):
        proof = prove_drop(hiding, ("public", "orders_pkey"), [BY_ID, ALL])
    assert (proof.method, proof.verdict) == ("hypopg", "hurts")


@pytest.mark.parametrize(
    ("version", "hides"),
    [("1.3.1", False), ("1.4.0", True), ("1.4", True), ("2.0.0beta", True), (None, False),
     ("1.10", True), ("x", False)],
)  # fmt: skip
def test_versions_that_hide(version, hides):
    assert dropped._hides(version) is hides
