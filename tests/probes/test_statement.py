import psycopg
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from perfkit.errors import UsageError
from perfkit.lab import server
from perfkit.probes.statement import Statement, one_statement


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


def test_names_of_a_statement_are_found_through_comments_and_quotes():
    statement = one_statement("select A(1), \"B\" /* x */ (2), c . d (3), 'e(4)', f")
    assert {call.name for call in statement.names.calls} == {"a", "B", "d"}


@pytest.mark.parametrize(
    ("sql", "numbered"),
    [
        ("select :a, :b, :a", "select  $1,  $2,  $1"),
        ("select ':a', x::int, :later::date", "select ':a', x::int,  $1::date"),
        ("select a[1:2]", "select a[1:2]"),
        ("select -:n", "select - $1"),
    ],
)
def test_parameters_can_be_written_as_prepare_takes_them(sql, numbered):
    assert one_statement(sql).numbered == numbered


@pytest.mark.parametrize(
    ("sql", "said", "hint"),
    [
        ("execute p(1)", "EXECUTE has no plan", "paste the prepared statement itself"),
        ("prepare p as select 1", "PREPARE has no plan", "paste the statement behind AS"),
        ("declare c cursor for select 1", "DECLARE has no plan", "the SELECT of the cursor"),
        ("copy t to stdout", "COPY has no plan", "explain the SELECT"),
        ("call p()", "CALL has no plan", "one at a time"),
        ("do $$ begin end $$", "DO has no plan", "one at a time"),
        ("create table t as select 1", "CREATE has no plan", "the SELECT behind AS"),
        ("refresh materialized view v", "REFRESH has no plan", "the SELECT of the view"),
        ("vacuum t", "VACUUM has no plan", "explain one SELECT"),
        ("alter table t add a int", "ALTER has no plan", "explain one SELECT"),
        ("begin", "BEGIN has no plan", "explain one SELECT"),
        ("explain analyze select 1", "EXPLAIN is added here", "leave EXPLAIN out"),
        ('select U&"pg_advisory\\005flock"(1)', 'U&"..." are not read', "write the name out"),
        ("select 1; select 2", "more than one statement", "one at a time"),
    ],
)
def test_what_has_no_plan_is_answered_in_a_sentence(sql, said, hint):
    with pytest.raises(UsageError) as caught:
        one_statement(sql)
    assert said in caught.value.message
    assert hint in caught.value.hint
    assert "\n" not in caught.value.message


@pytest.mark.parametrize(
    ("sql", "hint"),
    [
        ("select 1 where 1 in (:Ids)", "= ANY(:Ids)"),
        ("select 1 where 1 IN :Ids and true", "= ANY(:Ids)"),
        ("select 1 where 1 not /* x */ in ( :Ids )", "<> ALL(:Ids)"),
    ],
)
def test_a_list_behind_in_is_told_what_to_write(sql, hint):
    with pytest.raises(UsageError, match=":Ids is a list, which IN does not take") as caught:
        one_statement(sql).bind({"Ids": [1, 2]})
    assert caught.value.hint == hint
    one_statement(sql).check({"Ids": 1})


@pytest.mark.parametrize(
    "sql",
    ["select 1 where 1 in (:a, 2)", "select 1 where 1 in (select unnest(:a))", "select :a in"],
)
def test_a_list_elsewhere_is_bound(sql):
    one_statement(sql).bind({"a": [1, 2]})


def test_a_byte_order_mark_is_no_part_of_the_statement():
    assert one_statement("\ufeffselect 1").text == "select 1"


def test_a_no_break_space_is_called_by_its_name():
    with pytest.raises(UsageError, match="has no plan") as caught:
        one_statement("select\u00a01")
    assert "no-break space" in caught.value.hint


@pytest.mark.parametrize("sql", [None, 5, b"select 1"])
def test_what_is_no_text_is_a_sentence(sql):
    with pytest.raises(UsageError, match="not text"):
        one_statement(sql)
