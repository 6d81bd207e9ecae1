import pytest

from perfkit.fingerprint import fingerprint
from perfkit.formats.statements.digest_text import plain_sql, was_shortened


@pytest.mark.parametrize(
    ("digest", "statement"),
    [
        ("SELECT `a` FROM `s` . `t` WHERE `b` IN (...) ", "select a from s.t where b in (1, 2)"),
        ("SELECT `a` FROM `t` WHERE `b` IN (?, ...) ", "select a from t where b in (1, 2)"),
        ("SELECT COUNT ( * ) FROM `t` LIMIT ?, ... ", None),
        ("INSERT INTO `t` ( `a` , `b` ) VALUES (...) /* , ... */ ",
         "insert into t(a, b) values (1, 'x'), (2, 'y')"),
        ("INSERT INTO `t` ( `a` , `b` , `c` ) VALUES ( ?, ... , NOW ( ) ) ",
         "insert into t(a, b, c) values (1, 'x', now())"),
        ("INSERT INTO `t` ( `a` , `b` , `c` ) VALUES ( `f` ( ? , ? ) , ?, ... ) ",
         "insert into t(a, b, c) values (f(1, 2), 'x', 3)"),
        ("INSERT INTO `t` VALUES (...) ", None),
        ("SELECT DISTINCTROW `a` FROM `t` ", "select distinct a from t"),
        ("SELECT SCHEMA ( ) ", "select database()"),
        ("SELECT `a` FROM `odd name` WHERE `x` > - ? ",
         "select a from `odd name` where x > -1.5e3"),
        ("INSERT INTO `t` ( `a` ) VALUES ( ... ", None),
    ],
)  # fmt: skip
def test_a_digest_has_the_fingerprint_of_its_statement_as_far_as_it_tells(digest, statement):
    found = fingerprint(plain_sql(digest), "mysql")
    if statement is None:
        assert found == fingerprint(digest.replace("`", ""), "mysql")
    else:
        assert found == fingerprint(statement, "mysql")


def test_what_the_sys_schema_has_shortened_is_known_by_the_dots_in_its_middle():
    assert was_shortened("SELECT STATUS , COUNT ( * ) FR ... E `total` > ? GROUP BY STATUS")
    assert not was_shortened("SELECT ? FROM `t` WHERE `a` IN (...) ")
