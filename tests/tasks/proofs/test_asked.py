import pytest

from perfkit.errors import QueryFailed, TargetRefused
from perfkit.probes.server import identify
from perfkit.probes.session import rolled_back
from perfkit.tasks.proofs import Question
from perfkit.tasks.proofs.asked import ask, executed, named, planned


@pytest.fixture
def asking(lab_engine):
    """Return a function that asks inside of a transaction that stays open."""
    with rolled_back("test", lab_engine, timeout_s=20) as connection:
        server = identify(connection)
        yield lambda sql, values=(): (
            connection,
            server,
            ask(connection, server, Question(statement=sql, values=values)),
        )


def test_numbers_become_names_and_literals_stay_what_they_are():
    statement = named("select '$1', $1::int, \"$2\", $10 -- $3\n from t where a=$1")
    assert statement.parameters == ("p1", "p10")
    assert "'$1'" in statement.text
    assert '"$2"' in statement.text


@pytest.mark.parametrize("values", [[42, "done"], {"1": 42, "2": "done"}, {"$1": 42, "$2": "done"},
                                    {"p1": 42, "p2": "done"}])  # fmt: skip
def test_values_of_numbers_are_given_in_any_way(asking, values):
    _, _, asked = asking("select * from orders where user_id = $1 and status = $2", values)
    assert asked.values == {"p1": 42, "p2": "done"}
    assert asked.not_run == ""


def test_what_is_given_stays_and_what_is_missing_is_found(asking):
    sql = "select * from orders where user_id = :user and status = :status"
    _, _, asked = asking(sql, {"user": 7})
    assert asked.values["user"] == 7
    assert asked.values["status"] in {"done", "pending", "paid", "shipped"}


def test_the_fastest_of_three_executions_counts(asking):
    connection, server, asked = asking("select count(*) from users")
    plan = executed(connection, asked, timeout_s=20)
    assert plan.analyzed
    assert not planned(connection, server, asked).analyzed


def test_a_slow_statement_is_executed_once(asking):
    connection, _, asked = asking("select pg_sleep(0.05)")
    assert executed(connection, asked, timeout_s=0.1).execution_ms < 140


@pytest.mark.parametrize(
    ("sql", "why"),
    [
        ("delete from orders where id = 1", "writes"),
        ("select * from orders where id = 1 for update", "locks rows"),
        ("select * from orders where id = $1 + 1", "no example values"),
        ("select pg_advisory_lock(1)", "pg_advisory_lock() may have effects"),
    ],
)
def test_what_must_not_be_executed_is_planned_only(asking, sql, why):
    _, _, asked = asking(sql)
    assert why in asked.not_run
    assert asked.plan.root.number("Total Cost") is not None


@pytest.fixture
def tricky(lab_engine):
    """A function that claims to be immutable: the planner itself would run it."""
    with lab_engine.connect() as connection:
        connection.exec_driver_sql(
            "create function tricky() returns int immutable language plpgsql as "
            "'begin perform pg_advisory_lock(5); return 1; end'"
        )
        connection.commit()
    yield
    with lab_engine.connect() as connection:
        connection.exec_driver_sql("drop function tricky")
        connection.commit()


@pytest.mark.usefixtures("tricky")
def test_what_the_planner_might_run_is_not_even_planned(lab_engine, nothing_left):
    question = Question(statement="select tricky()")
    with (
        nothing_left(lab_engine),
        rolled_back("test", lab_engine, timeout_s=20) as connection,
        pytest.raises(TargetRefused, match="may have effects"),
    ):
        ask(connection, identify(connection), question)


def test_a_statement_that_nobody_can_plan_is_an_error(asking):
    with pytest.raises(QueryFailed, match="no plan"):
        asking("select * from nowhere where a = $1")
