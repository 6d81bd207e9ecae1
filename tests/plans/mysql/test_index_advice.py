from perfkit.plans.mysql.index_advice import fix, index_for, joined_index
from perfkit.plans.mysql.reading import read


def plan(condition, sort=None, **table):
    scan = {"table_name": "o", "access_type": "ALL", "attached_condition": condition} | table
    inner = {"filesort": {"sort_key": sort, "table": scan}} if sort else {"table": scan}
    return read({"query_block": {"select_id": 1} | inner})


def keys(condition, sort=None, **options):
    found = plan(condition, sort)
    made = index_for(found, found.tree[-1], condition, **options)
    return made and made.key_list


def test_equality_comes_first_then_the_order_then_one_range():
    assert keys("o.c > 1 and o.d > 2 and o.b = 3") == "b, c"
    assert keys("o.c > 1 and o.b = 3", "o.s desc, o.t desc") == "b, s, t, c"
    assert keys("o.b = 3", "o.s desc, o.t") == "b, s DESC, t"
    assert keys("o.b in (1,2) and o.a = 1", "o.s") == "a, b"
    assert keys("o.`order` = 3 and o.`a b` = 1", first=["x"]) == "x, `order`, `a b`"
    assert keys("lower(o.a) = 'x'") is None


def test_the_statement_builds_it_without_blocking_and_the_test_only_counts():
    found = plan("o.b = 3 and o.c > u.x")
    advice = fix(index_for(found, found.tree[-1], "o.b = 3 and o.c > u.x"))
    assert advice.snippet == (
        "ALTER TABLE o ADD INDEX idx_o_b_c (b, c), ALGORITHM=INPLACE, LOCK=NONE;"
    )
    assert advice.test == (
        "SELECT COUNT(*) AS all_rows, COUNT(CASE WHEN o.b = 3 THEN 1 END) AS kept FROM o;"
    )
    assert advice.text.startswith("Not proven")
    assert "alias" in advice.text


def test_the_server_takes_the_statements(mariadb):
    found = plan("`shop`.`o`.`total` = 3")
    scan = found.tree[-1]
    known = {**scan.properties, "Schema": "shop", "Relation Name": "orders"}
    scan = type(scan)(node_id=1, parent_id=0, depth=1, properties=known)
    advice = fix(index_for(found, scan, scan.text("Filter")))
    with mariadb.connect() as connection:
        assert connection.exec_driver_sql(advice.test).one() == (60_000, 1)
        connection.exec_driver_sql(advice.snippet)
        connection.exec_driver_sql("alter table shop.orders drop index idx_orders_total")


def test_temporary_tables_get_no_index_and_long_names_are_cut():
    found = plan("o.b = 3", table_name="<derived2>")
    assert index_for(found, found.tree[-1], "<derived2>.b = 3") is None
    found = plan("o.b = 3")
    made = joined_index(found.tree[-1], f"o.{'x' * 60} = u.a")
    assert len(made.name) == 64
    assert joined_index(found.tree[-1], "o.b > u.a") is None
    assert fix(None).snippet == ""
