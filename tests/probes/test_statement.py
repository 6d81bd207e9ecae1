import psycopg
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from perfkit.errors import UsageError
from perfkit.lab import server
from perfkit.probes.statement import Statement, called, one_statement


@pytest.fixture(scope="module")
def connection():
    with server.start() as lab:
        engine = sa.create_engine(lab.url("postgres"), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            yield connection
        engine.dispose()


PIECES = st.sampled_from(
    [";", ";", "'", "''", '"', "$$", "$a$", "E'", "e'", "U&'", "B'", "\\", "--", "/*", "*/", "\n",
     " ", "a", "select 1", "1", "$1", "\xa0", "+", "é", "x$a$", "\v", "\\'", "'\n'"]
)  # fmt: skip


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(PIECES, max_size=14).map("".join))
def test_what_is_read_as_one_statement_is_one_to_the_server(connection, text):
    try:
        statement = one_statement("select 1 as x " + text)
    except UsageError:
        return
    driver = connection.connection.driver_connection
    refused = ""
    try:
        # The extended protocol refuses several statements in one message.
        driver.execute(statement.text.encode(), prepare=True)
    except psycopg.Error as error:
        refused = str(error)
    assert "multiple commands" not in refused


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
def test_what_is_not_a_parameter_reaches_the_server_as_it_was_typed(text):
    statement = Statement("select " + text)
    if statement.parameters or any(token.kind == "param" for token in statement.tokens):
        return
    compiled = statement.bind({}).compile(dialect=sa.dialects.postgresql.dialect())
    assert str(compiled).replace("%%", "%") == statement.text.replace("%%", "%")
    assert compiled.params == {}


@pytest.mark.parametrize(
    ("sql", "names"),
    [
        ("select :a, :b, :a", ("a", "b")),
        ("select x::date, '12:30', \":c\", $$ :d $$, E'\\':e', a[1:2] -- :f", ()),
        ("select a[x:y], (:z)::int, b[ :n : :m]", ("z", "n", "m")),
        ("select '12:30'::time + :later", ("later",)),
    ],
)
def test_parameters_are_names_behind_a_colon_in_code_alone(sql, names):
    assert one_statement(sql).parameters == names


def test_values_are_bound_not_pasted():
    bound = one_statement("select :a where x = ':a'").bind({"a": "'; drop table t"})
    compiled = bound.compile(dialect=sa.dialects.postgresql.dialect())
    assert str(compiled) == "select %(a)s where x = ':a'"
    assert compiled.params == {"a": "'; drop table t"}


def test_names_in_front_of_parentheses_are_found_through_comments_and_quotes():
    statement = one_statement("select A(1), \"B\" /* x */ (2), c . d (3), 'e(4)', f")
    assert called(statement.tokens) == {"a", "B", "d"}
