import pytest

from perfkit.plans.mysql.aliases import named, tables_in, tables_written
from perfkit.plans.mysql.reading import read
from perfkit.plans.mysql.sql import code

PRINTED = (
    "/* select#1 */ select `shop`.`o`.`id` AS `id` from `shop`.`users` `x` semi join "
    "(`shop`.`items`) join `shop`.`orders` `o` left join (`other`.`tiny` `t`) "
    "on(`shop`.`o`.`a` = 1) where `shop`.`o`.`id` in (/* select#2 */ select max(`shop`.`t2`.`a`) "
    "from `shop`.`tiny` `t2`)"
)


def test_every_alias_has_its_table_and_database():
    assert tables_in(PRINTED) == {
        "x": ("shop", "users"), "items": ("shop", "items"), "o": ("shop", "orders"),
        "t": ("other", "tiny"), "t2": ("shop", "tiny"),
    }  # fmt: skip


def test_an_alias_for_two_tables_says_nothing():
    assert tables_in("select 1 from `a`.`b` `x` where (select 1 from `a`.`c` `x`)") == {}


def test_the_plan_gets_the_names():
    plan = read({"query_block": {"table": {"table_name": "o", "access_type": "ALL"}}})
    assert named(plan, {"o": ("shop", "orders")}).tree[1].qualified == "shop.orders"
    assert named(plan, {"x": ("shop", "orders")}).tree[1].qualified == "o"
    assert named(plan, {}) is plan


def test_the_server_prints_what_is_read_here(mariadb):
    with mariadb.connect() as connection:
        connection.exec_driver_sql(
            "explain extended select 1 from orders o, plain join items on items.qty = plain.a "
            "where o.total in (select max(u.id) from users u group by u.country)"
        ).all()
        notes = connection.exec_driver_sql("show warnings").all()
    assert tables_in("\n".join(str(note[2]) for note in notes)) == {
        "o": ("shop", "orders"), "tiny": ("shop", "tiny"), "items": ("shop", "items"),
        "u": ("shop", "users"),
    }  # fmt: skip


EXISTING = {
    "orders": ("shop", "orders"), "shop.orders": ("shop", "orders"), "items": ("shop", "items"),
    "other.orders": ("other", "orders"),
}  # fmt: skip


@pytest.mark.parametrize(
    ("sql", "tables"),
    [
        ("update orders o set o.a = 1", {"o": ("shop", "orders")}),
        ("delete x from orders as x join items on items.a = x.a", {"x": ("shop", "orders")}),
        ("update shop.orders set orders.a = 1", {"orders": ("shop", "orders")}),
        ("update other.orders `set` set a = 1", {"set": ("other", "orders")}),
        ("insert into items select o.a from other.orders o", {"o": ("other", "orders")}),
        ("delete from orders where a = 1", {"orders": ("shop", "orders")}),
        ("update nowhere n set a = 1", {}), ("delete from orders", {"orders": ("shop", "orders")}),
    ],
)  # fmt: skip
def test_the_aliases_of_a_write_are_those_that_were_typed(sql, tables):
    found = tables_written(code(sql), EXISTING)
    assert found.items() >= tables.items()
    assert set(found) - set(tables) <= {"orders", "items"}
