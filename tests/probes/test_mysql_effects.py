import mariadb_shop
import pytest
import sqlalchemy as sa

from perfkit.errors import TargetRefused
from perfkit.probes.mysql_effects import refuse_effects, refuse_tables
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


@pytest.mark.parametrize(
    ("sql", "sentence"),
    [
        ("update ledger set a = 2", "MyISAM"), ("update watched set a = 2", "triggers"),
        ("delete t from tiny t join shop.ledger l on l.a = t.a", "MyISAM"),
        ("insert into `ledger` values (1)", "MyISAM"),
    ],
)  # fmt: skip
def test_writes_that_a_rollback_does_not_undo_are_refused(connection, sql, sentence):
    with pytest.raises(TargetRefused, match=sentence):
        refuse_tables(connection, one_statement(sql))


def test_writes_to_innodb_pass(connection):
    refuse_tables(connection, one_statement("update tiny t join plain p on p.a = t.a set t.b = 1"))
