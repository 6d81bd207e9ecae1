import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from perfkit.plans.postgres_sql import quoted
from perfkit.tasks.audit.one_line import lines


@pytest.mark.parametrize(
    ("sql", "found"),
    [
        ("", []),
        (";;", []),
        ("select 1", ["select 1;"]),
        ("select 1; select\n2 ;", ["select 1;", "select 2;"]),
        ("-- a; b\nselect 1 /* ; */;", ["select 1;"]),
        ("select ';' , \"a;b\";", ["select ';' , \"a;b\";"]),
        ('drop index "a\nb"', ['drop index U&"a\\000ab";']),
        ('drop index "a\\\r\nb"', ['drop index U&"a\\\\\\000d\\000ab";']),
        ("select 'a\nb'", ["select U&'a\\000ab';"]),
        ("select E'a\nb\\\\'", ["select E'a\\u000ab\\\\';"]),
        ('select "a  b",  c', ['select "a  b", c;']),
    ],
)
def test_a_statement_is_a_line(sql, found):
    assert lines(sql) == found


@pytest.fixture(scope="module")
def connection(lab_server):
    engine = sa.create_engine(lab_server.url("postgres"), poolclass=sa.pool.NullPool)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


HOSTILE = st.text(
    st.sampled_from("ab \n\r\t\\\"';-/*$\x0b\x0c\u2028é<&%:"), min_size=1, max_size=12
)


@given(name=HOSTILE)
@settings(max_examples=150, deadline=None)
def test_the_server_reads_the_same_names_and_strings(connection, name):
    literal = "'" + name.replace("'", "''") + "'"
    (line,) = lines(f"select {literal} as {quoted(name)}")
    assert not {"\n", "\r"} & set(line)
    options = {"no_parameters": True}
    row = connection.exec_driver_sql(line, execution_options=options).mappings().one()
    assert dict(row) == {name: name}
