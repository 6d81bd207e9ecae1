from perfkit.plans.candidates import Candidate
from perfkit.tasks.proofs import Question
from perfkit.tasks.proofs.by_hand import by_hand


def test_the_statements_to_type_build_execute_and_roll_back(index_on):
    lines = by_hand(Question(statement="select 1 -- why\n ; "), index_on("a DESC")).splitlines()
    assert lines[0].startswith("BEGIN;")
    assert lines[2] == "CREATE INDEX orders_a_idx ON public . orders ( a DESC );"
    assert lines[3] == "EXPLAIN (ANALYZE, BUFFERS) select 1 -- why"
    assert lines[-2:] == [";", "ROLLBACK;"]


def test_it_works_as_typed(lab_engine, index_on, search, nothing_left):
    script = by_hand(Question(statement=search), index_on("user_id"))
    with nothing_left(lab_engine), lab_engine.connect() as connection:
        connection.exec_driver_sql(script, execution_options={"no_parameters": True})
        connection.rollback()


def test_indexes_that_belong_together_are_built_together(index_on):
    both = index_on("user_id", companions=(index_on("name", table="users"),))
    lines = by_hand(Question(statement="select 1"), both).splitlines()
    assert [line.split()[2] for line in lines if line.startswith("CREATE")] == [
        "orders_user_id_idx", "users_name_idx",
    ]  # fmt: skip


def test_what_is_no_index_has_no_script(index_on, monkeypatch):
    monkeypatch.setattr(Candidate, "sql", lambda self, concurrently: "DROP TABLE t")
    assert by_hand(Question(statement="select 1"), index_on("a")) == ""
