import pytest
import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from perfkit.errors import NotConnected, PerfkitError, QueryFailed
from perfkit.probes.failures import sqlstate, told


@pytest.fixture(scope="module")
def engine(postgres):
    engine = sa.create_engine(postgres.url("postgres"), poolclass=NullPool)
    yield engine
    engine.dispose()


def failing(engine, *statements):
    def run():
        with told("explain", engine), engine.begin() as connection:
            for one in statements:
                connection.exec_driver_sql(one)

    with pytest.raises(PerfkitError) as caught:
        run()
    return caught.value


@pytest.mark.parametrize(
    ("sql", "said", "hint"),
    [
        ("select * from nowhere", 'relation "nowhere" does not exist', "search_path"),
        ("select x from (select 1 as a) t", 'column "x" does not exist', "name of the column"),
        ("selec 1", 'syntax error at or near "selec"', ""),
        ("set transaction read only; create table t (a int)", "read-only", "only statements that"),
        ("set local statement_timeout = 20; select pg_sleep(5)", "statement timeout", "timeout_s="),
    ],
)
def test_what_the_server_refuses_is_its_own_sentence_with_a_hint(engine, sql, said, hint):
    error = failing(engine, *sql.split("; "))
    assert isinstance(error, QueryFailed)
    assert error.message.startswith("explain: ")
    assert said in error.message
    assert "\n" not in error.message
    assert hint in error.hint


def test_the_statement_and_its_values_are_not_in_the_chain(engine):
    with pytest.raises(QueryFailed) as caught, told("explain", engine), engine.connect() as here:
        here.execute(sa.text("select * from nowhere where token = :t"), {"t": "hunter2"})
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
    assert "hunter2" not in f"{caught.value} {caught.value.hint}"


def test_a_session_that_an_administrator_ends_is_a_connection_problem(engine):
    error = failing(engine, "select pg_terminate_backend(pg_backend_pid())")
    assert isinstance(error, NotConnected)
    assert error.hint.startswith("check host")


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+psycopg://me:hunter2@127.0.0.1:1/shop",  # nobody listens
        "postgresql+psycopg://me:hunter2@no-such-host.invalid/shop",
    ],
)
def test_a_server_out_of_reach_is_a_connection_problem_without_the_password(url):
    engine = sa.create_engine(url, connect_args={"connect_timeout": 3})
    with pytest.raises(NotConnected) as caught, told("audit", engine):
        engine.connect()
    assert "hunter2" not in str(caught.value)


def test_a_database_that_is_not_there_is_a_connection_problem(postgres):
    engine = sa.create_engine(postgres.url("nowhere"), poolclass=NullPool)
    with (
        pytest.raises(NotConnected, match='database "nowhere" does not exist'),
        told("explain", engine),
    ):
        engine.connect()


def test_a_password_that_the_server_repeats_is_masked():
    engine = sa.create_engine("sqlite://", poolclass=NullPool)
    secret = sa.create_engine("postgresql+psycopg://me:no_such@127.0.0.1/x")
    with pytest.raises(PerfkitError) as caught, told("x", secret), engine.connect() as here:
        here.exec_driver_sql("select no_such_column")
    assert "no_such" not in caught.value.message
    assert "***" in caught.value.message


def test_sqlalchemys_own_complaints_are_sentences_too(engine):
    with pytest.raises(QueryFailed, match=r"^explain: "), told("explain", engine):
        engine.connect().execute(sa.text("select :a"), {})


def test_other_errors_pass_unchanged(engine):
    with pytest.raises(KeyError, match="mine"), told("explain", engine):
        raise KeyError("mine")


@pytest.mark.parametrize(
    ("state", "error", "hint"),
    [
        ("40001", QueryFailed, "try again"),
        ("40P01", QueryFailed, "try again"),
        ("57014", QueryFailed, "Ctrl-C"),
        ("53400", QueryFailed, "temp_file_limit"),
        ("25P03", NotConnected, "check host"),
        ("57P05", NotConnected, "check host"),
        ("XX000", QueryFailed, ""),
    ],
)
def test_each_state_has_its_way_on(engine, state, error, hint):
    sql = f"do $$ begin raise exception 'it went wrong' using errcode = '{state}'; end $$"
    caught = failing(engine, sql)
    assert type(caught) is error
    assert caught.message == "explain: it went wrong"
    assert hint in caught.hint


def test_a_long_message_is_cut(engine):
    error = failing(engine, f'select * from "{"x" * 62}" join {", ".join(["a"] * 200)}')
    assert len(error.message) <= len("explain: ") + 300
    long = failing(engine, f"do $$ begin raise exception '{'y' * 2000}'; end $$")
    assert len(long.message) == len("explain: ") + 300


@pytest.mark.parametrize("error", [ValueError("x"), None])
def test_what_is_no_servers_error_has_no_state(error):
    assert sqlstate(error) == ""


def test_the_state_is_read_through_sqlalchemys_wrapper(engine):
    with pytest.raises(sa.exc.DBAPIError) as caught, engine.connect() as here:
        here.exec_driver_sql("select 1/0")
    assert sqlstate(caught.value) == sqlstate(caught.value.orig) == "22012"
