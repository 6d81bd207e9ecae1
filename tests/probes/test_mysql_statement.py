import pytest

from perfkit.errors import TargetRefused, UsageError
from perfkit.plans.mysql.sql import Dialect
from perfkit.probes.mysql_statement import called, one_statement


def test_the_end_is_cut_off_and_the_parameters_are_found():
    statement = one_statement(" select `a:b`, ':c', :d from t where x=:e -- :f\n and y = :d ; # g")
    assert statement.parameters == ("d", "e")
    assert statement.text.endswith("y = :d")
    bound = statement.bind({"d": 1, "e": "100%"}, prefix="EXPLAIN ")
    assert str(bound).startswith("EXPLAIN ")


@pytest.mark.parametrize(
    ("sql", "sentence"),
    [
        ("", "no statement"),
        (" -- nothing\n;", "no statement"),
        ("select 1; select 2", "than one"),
        ("select '\\'; select 2' ; select 3", "than one"),
        ("create table t (a int)", "CREATE"),
        ("call p()", "CALL"), ("set @a = 1", "SET"), ("explain select 1", "EXPLAIN is added"),
        ("analyze format=json select 1", "ANALYZE is added"), ("load data infile 'x'", "LOAD"),
        ("/*!50000 drop */ table t", "DROP"), ("select 1 /*! ; drop table t */", "than one"),
        ("do sleep(1)", "DO"), ("handler t open", "HANDLER"), ("select\x00", "NUL"),
        ("select " + "1," * 600_000 + "1", "longer"),
    ],
)  # fmt: skip
def test_what_is_not_one_statement_with_a_plan_is_refused(sql, sentence):
    with pytest.raises(UsageError, match=sentence):
        one_statement(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "select 1 into outfile '/x'", "select 1 into dumpfile '/x'", "select 1 into @a",
        "select a into b from t", "select @a := 1", "select @`a b`:=1",
        "select /*+ SET_VAR(max_execution_time=0) */ 1", "select /*! 1 into @a */ ",
        "(select 1 into @a)", "with x as (select 1) select * from x into @a",
    ],
)  # fmt: skip
def test_what_outlives_the_transaction_is_refused(sql):
    with pytest.raises(TargetRefused):
        one_statement(sql)


@pytest.mark.parametrize(
    ("sql", "writes", "locks"),
    [
        ("select 1", False, False), ("(select 1)", False, False), ("table t", False, False),
        ("values (1)", False, False), ("insert into t values (1)", True, False),
        ("replace into t values (1)", True, False), ("update t set a = 1", True, False),
        ("with x as (select 1) delete from t", True, False),
        ("with x as (select 'delete') select replace(a, 'b', 'c') from x", False, False),
        ("select * from t for update", False, True), ("select 1 from t for share", False, True),
        ("select * from t lock in share mode", False, True), ("select 'for update'", False, False),
        ("select * from (select 1 from t for update) d", False, True),
    ],
)  # fmt: skip
def test_writes_and_locks_are_told_from_reads(sql, writes, locks):
    statement = one_statement(sql)
    assert (statement.writes, statement.locks) == (writes, locks)


def test_versioned_comments_are_read_again_when_the_server_is_known():
    first = one_statement("select /*!50700 a, */ b")
    assert first.typed == "select /*!50700 a, */ b"
    new = one_statement(first.typed, Dialect(mariadb=False, number=80036))
    old = one_statement(first.typed, Dialect(mariadb=True, number=101100))
    assert ("a" in new.identifiers, "a" in old.identifiers) == (True, False)


def test_functions_are_named_however_they_are_written():
    sql = "select Get_Lock /* x */ ('a', 1), `sleep`(1), db.f (2), 'g(1)', \"h(1)\" -- k(1)\n"
    assert one_statement(sql).functions == {"get_lock", "sleep", "f"}
    assert called([]) == frozenset()


@pytest.mark.parametrize(
    "sql",
    [
        "select 1 --\x7f'\n, get_lock('a', 0) -- '", "select 1 --\xa0'\n, get_lock('a', 0) -- '",
        "select get_lock\xa0('a', 0)", "select get_lock\x01('a', 0)", "select @a\x85, 1",
    ],
)  # fmt: skip
def test_what_only_some_character_sets_take_for_a_blank_is_refused(sql):
    with pytest.raises(UsageError, match=r"U\+00[0-9A-F]{2}"):
        one_statement(sql)


def test_odd_blanks_inside_of_quotes_and_comments_are_left_alone():
    sql = "select '\xa0', \"\x7f\", `\xa0` /* \xa0 */ from t -- \xa0\x7f"
    assert one_statement(sql).identifiers >= {"\xa0", "t"}
