import pytest

from perfkit.plans.mysql.reserved import RESERVED
from perfkit.plans.mysql.sql import quoted


def test_no_word_that_the_server_refuses_as_a_name_is_missing(mariadb):
    with mariadb.connect() as connection:
        words = (
            "select lower(word) from information_schema.keywords where word regexp '^[a-z_0-9]+$'"
        )
        for (word,) in connection.exec_driver_sql(words).all():
            columns = f"{quoted(word)} int, key k ({quoted(word)})"
            connection.exec_driver_sql(f"create or replace temporary table kept ({columns})")
        connection.invalidate()


@pytest.mark.parametrize("word", ["rank", "groups", "lateral", "of", "system", "manual", "qualify"])
def test_words_of_mysql_alone_are_quoted_too(word):
    assert word in RESERVED
    assert quoted(word.upper()) == f"`{word.upper()}`"


def test_ordinary_names_are_left_alone():
    assert [quoted(name) for name in ("user_id", "status", "created_at", "name", "date")] == [
        "user_id", "status", "created_at", "name", "date",
    ]  # fmt: skip
