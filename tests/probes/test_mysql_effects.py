import mariadb_shop
import pytest
import sqlalchemy as sa

from perfkit.errors import TargetRefused
from perfkit.plans.mysql.sql import Dialect
from perfkit.probes.mysql_effects import refuse_effects
from perfkit.probes.mysql_functions import EFFECTS
from perfkit.probes.mysql_statement import one_statement


@pytest.fixture(scope="module")
def mariadb():
    if absent := mariadb_shop.missing():
        pytest.skip(f"{absent[0]} is not installed")
    return mariadb_shop.engine()


@pytest.fixture
def connection(mariadb):
    with mariadb.connect() as connection:
        yield connection


@pytest.mark.parametrize("name", sorted(EFFECTS))
@pytest.mark.parametrize(
    "call", ["select {}()", "select `{}` (1)", "select 1 from t where {} /* x */ (1)"]
)
def test_every_function_with_an_effect_is_refused_by_name(connection, name, call):
    statement = one_statement(call.format(name.upper() if "`" not in call else name))
    with pytest.raises(TargetRefused, match=rf"{name}\(\)"):
        refuse_effects(connection, statement, ())
    with pytest.raises(TargetRefused):
        refuse_effects(connection, statement, (name,))


@pytest.mark.parametrize(
    ("sql", "sentence"),
    [
        ("select next value for numbers", "sequence"), ("select numbers.nextval", "sequence"),
        ("select nextval(numbers)", "sequence"), ("select twice(1)", "shop.twice"),
        ("select shop . `twice`(1)", "shop.twice"), ("select * from locked", "get_lock"),
        ("select 1 from (select * from bigger) x", "get_lock"), ("select * from doubled", "twice"),
        ("select * from shop.locked", "get_lock"),
        ("select (select got from locked) from tiny", "get_lock"),
    ],
)  # fmt: skip
def test_effects_are_found_in_sequences_stored_functions_and_views(connection, sql, sentence):
    with pytest.raises(TargetRefused, match=sentence):
        refuse_effects(connection, one_statement(sql), ())


@pytest.mark.parametrize(
    "sql",
    [
        "select sleep(0), count(*), now(), uuid(), rand(), found_rows() from plain",
        "select cast(a as decimal(10, 2)) from tiny where a in (1, 2) and if(a, 1, 2)",
        "select get_lock, 'get_lock(1)', 1 /* get_lock(1) */ from tiny",
        "with c (x) as (select 1) select * from c join tiny t using (a)",
    ],
)
def test_statements_without_effects_pass(connection, sql):
    refuse_effects(connection, one_statement(sql), ())


@pytest.mark.parametrize("allowed", ["twice", "shop.twice", "TWICE"])
def test_stored_functions_pass_by_name(connection, allowed):
    refuse_effects(connection, one_statement("select twice(1) from doubled"), (allowed,))


def test_a_view_that_cannot_be_read_is_refused(mariadb):
    with mariadb.connect() as admin:
        admin.exec_driver_sql("grant select on shop.plain to reader")
    url = f"mysql+pymysql://reader:reader-secret@/shop?unix_socket={mariadb_shop.socket()}"
    engine = sa.create_engine(url, poolclass=sa.pool.NullPool)
    with (
        engine.connect() as connection,
        pytest.raises(TargetRefused, match=r"definition of the view shop\.plain"),
    ):
        refuse_effects(connection, one_statement("select * from plain"), ())


def hidden(engine, *grants):
    """A user who may read what ``grants`` say, and the statements that he tries."""
    url = f"mysql+pymysql://reader:reader-secret@/shop?unix_socket={mariadb_shop.socket()}"
    with engine.connect() as admin:
        for grant in grants:
            admin.exec_driver_sql(grant)
        admin.exec_driver_sql("commit")
    return sa.create_engine(url, poolclass=sa.pool.NullPool)


def test_a_function_that_a_view_calls_and_this_user_may_not_see_is_refused(mariadb):
    reader = hidden(mariadb, "grant select, show view on shop.doubled to reader")
    with (
        reader.connect() as connection,
        pytest.raises(TargetRefused, match=r"twice\(\) is a stored function"),
    ):
        refuse_effects(connection, one_statement("select * from doubled"), ())


@pytest.mark.parametrize("call", ["shop.kit.lock_it()", "`kit`.`lock_it` ()"])
def test_functions_of_packages_are_refused_and_pass_by_name(connection, call):
    statement = one_statement(f"select {call} from tiny")
    with pytest.raises(TargetRefused, match=r"kit\.lock_it\(\) is a stored function"):
        refuse_effects(connection, statement, ())
    refuse_effects(connection, statement, ("lock_it",))


def test_one_name_in_two_databases_is_allowed_for_both_or_not_at_all(mariadb, connection):
    with mariadb.connect() as admin:
        for part in (
            "create database if not exists elsewhere", "use elsewhere",
            "create or replace function twice(x int) returns int return get_lock('a', 0)",
        ):  # fmt: skip
            admin.exec_driver_sql(part)
        admin.invalidate()
    statement = one_statement("select elsewhere.twice(1)")
    with pytest.raises(TargetRefused, match=r"elsewhere\.twice"):
        refuse_effects(connection, statement, ("shop.twice",))


def test_the_text_of_a_view_is_read_as_the_server_prints_it(mariadb, connection):
    with mariadb.connect() as admin:
        admin.exec_driver_sql("set sql_mode = 'NO_BACKSLASH_ESCAPES'")
        admin.exec_driver_sql(
            "create or replace view backslash as select '\\' as a, get_lock(' ', 0)"
        )
        admin.invalidate()
    statement = one_statement("select * from backslash", Dialect(backslash=False))
    with pytest.raises(TargetRefused, match="get_lock"):
        refuse_effects(connection, statement, ())
