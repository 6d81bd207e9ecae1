import mariadb_shop
import pytest
import sqlalchemy as sa

from perfkit.errors import TargetRefused
from perfkit.probes.mysql_statement import one_statement
from perfkit.probes.mysql_tables import existing_tables, refuse_tables

OF_ITS_OWN = """
drop database if exists writable; create database writable; use writable;
create table plain (a int primary key) engine=innodb; create table old (a int) engine=myisam;
create table watched (a int) engine=innodb;
create trigger watch before insert on watched for each row set new.a = new.a;
create view on_old as select a from old; create view above as select a from on_old;
create view on_watched as select a from watched; create view on_plain as select a from plain;
create sequence numbers; create table `we``ird "n" ünï` (`co``l` int) engine=innodb;
create table ar (a int) engine=aria; create table mem (a int) engine=memory;
create table both_old (a int) engine=merge union=(old) insert_method=last;
"""


@pytest.fixture(scope="module")
def engine():
    if absent := mariadb_shop.missing():
        pytest.skip(f"{absent[0]} is not installed")
    with mariadb_shop.engine().connect() as admin:
        for part in OF_ITS_OWN.split(";"):
            if part.strip():
                admin.exec_driver_sql(part)
        admin.invalidate()
    made = sa.create_engine(
        f"mysql+pymysql://root@/writable?unix_socket={mariadb_shop.socket()}",
        poolclass=sa.pool.NullPool,
    )
    yield made
    with made.connect() as admin:
        admin.exec_driver_sql("drop database writable")


@pytest.fixture
def refusing(engine):
    def tried(sql, *before):
        with engine.connect() as connection:
            for each in before:
                connection.exec_driver_sql(each)
            refuse_tables(connection, one_statement(sql))

    return tried


@pytest.mark.parametrize(
    ("sql", "sentence"),
    [
        ("update old set a = 2", "MyISAM"), ("insert old values (1)", "MyISAM"),
        ("update on_old set a = 2", "MyISAM"), ("update above set a = 2", "MyISAM"),
        ("insert into writable.above values (1)", "MyISAM"), ("delete from on_old", "MyISAM"),
        ("insert into on_watched values (1)", "triggers"),
        ("delete p from plain p join `old` o on o.a = p.a", "MyISAM"),
        ("insert into numbers values (1, 1, 9, 1, 1, 1, 0, 0)", "sequence"),
        ("replace into ar values (1)", "Aria"), ("insert into mem values (1)", "MEMORY"),
        ("insert into both_old values (1)", "MRG_MyISAM"),
        ("update nowhere set a = 1", "nothing is known"),
        ("insert into nowhere select a from plain", "nothing is known"),
    ],
)  # fmt: skip
def test_writes_that_no_rollback_undoes_are_refused_through_views_too(refusing, sql, sentence):
    with pytest.raises(TargetRefused, match=sentence):
        refusing(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "insert into plain select a + 100 from old", "insert into plain select a from on_old",
        "update plain p join on_plain v on v.a = p.a set p.a = 1", "delete from on_plain",
        'update `we``ird "n" ünï` set `co``l` = 1', "replace on_plain values (1)",
    ],
)  # fmt: skip
def test_writes_to_innodb_pass_whatever_they_read(refusing, sql):
    refusing(sql)


def test_a_connection_with_temporary_tables_writes_nothing(refusing):
    hidden = "create temporary table plain (a int) engine=myisam"
    with pytest.raises(TargetRefused, match="temporary"):
        refusing("update plain set a = 1", hidden)


def test_tables_are_found_by_their_name_and_with_their_database(engine):
    statement = one_statement("update plain p, shop.tiny t set p.a = 1")
    with engine.connect() as connection:
        found = existing_tables(connection, statement)
    assert found.pop("shop.plain") == ("shop", "plain")
    plain = ("writable", "plain")
    assert found == {"plain": plain, "writable.plain": plain, "shop.tiny": ("shop", "tiny")}
