import pytest

from perfkit.plans.read import read_plan

SQL = "select * from orders where id = {}"


def test_values_and_times_do_not_change_the_shape(plan_of):
    assert plan_of(SQL.format(3)).shape_id == plan_of(SQL.format(77)).shape_id


def test_verbose_does_not_change_the_shape_so_that_logs_meet_explain(plan_of):
    verbose = plan_of(SQL.format(3))
    assert verbose.shape_id == plan_of(SQL.format(3), options="buffers").shape_id


def test_another_way_to_do_it_has_another_shape(plan_of):
    other = plan_of(SQL.format(3), "enable_indexscan = off", "enable_bitmapscan = off")
    assert other.shape_id != plan_of(SQL.format(3)).shape_id


def test_another_table_has_another_shape(plan_of):
    orders = plan_of("select count(*) from orders")
    assert orders.shape_id != plan_of("select count(*) from users").shape_id


def node(kind, *below, **more):
    return {"Node Type": kind, "Plans": list(below)} | {
        k.replace("_", " "): v for k, v in more.items()
    }


def shape(root):
    return read_plan({"Plan": root}).shape_id


def scan(relation, **more):
    return node("Seq Scan", Relation_Name=relation, **more)


STATEMENTS = """
select * from orders where total > 5 order by created_at limit 3
select * from orders o join users u on u.id = o.user_id where u.id < 9 order by o.id desc
select status, count(*) from orders group by status
select id from orders union all select id from users
select * from orders where total > (select avg(total) from orders) and id in (select id from users)
with x as materialized (select user_id, count(*) c from orders group by 1) select * from x a, x b
select * from generate_series(1, 3) g, lateral (select * from orders where user_id = g limit 2) s
select max(id) from orders
select row_number() over (partition by status order by id) from orders
select distinct user_id from orders where user_id < 40
""".strip().splitlines()


@pytest.mark.parametrize("sql", STATEMENTS)
def test_text_and_json_verbose_and_analyzed_plans_have_one_shape(plans_engine, plan_of, sql):
    shapes = {plan_of(sql, options=more).shape_id for more in ("verbose, buffers", "timing off")}
    with plans_engine.connect() as connection:
        for options in ("", "(verbose)", "(costs off)", "(analyze, buffers)", "(format json)"):
            rows = connection.exec_driver_sql(f"explain {options} {sql}").scalars().all()
            text = rows[0] if isinstance(rows[0], list) else "\n".join(rows)
            shapes.add(read_plan(text).shape_id)
    assert len(shapes) == 1


def test_workers_that_did_not_start_do_not_change_the_shape(plan_of):
    parallel = ("parallel_setup_cost = 0", "min_parallel_table_scan_size = 0")
    sql = "select count(*) from orders"
    alone = plan_of(sql, *parallel, "max_parallel_workers = 0")
    assert alone.root.kind == "Aggregate"
    assert alone.shape_id == plan_of(sql, *parallel).shape_id
    serial = plan_of(sql, *parallel, "max_parallel_workers_per_gather = 0")
    assert serial.shape_id != alone.shape_id


def test_what_versions_print_or_leave_out_does_not_change_the_shape():
    old = node("Hash Join", scan("a"), node("Hash", scan("b")))
    new = node(
        "Hash Join", scan("a", Parallel_Aware=False, Async_Capable=False, Disabled=False),
        node("Hash", scan("b"), Parent_Relationship="Inner"), Join_Type="Inner", Inner_Unique=True,
    )  # fmt: skip
    assert shape(old) == shape(new)
    assert shape(new) != shape(new | {"Join Type": "Left"})
    index = {"Index Name": "i", "Relation Name": "t"}
    forward, still, back = (
        shape(node("Index Scan", **index, Scan_Direction=way))
        for way in ("Forward", "NoMovement", "Backward")
    )
    assert forward == still != back


def test_more_partitions_of_the_same_kind_are_the_same_shape():
    def year(months, name="orders_2024_{:02}"):
        return shape(node("Append", *(scan(name.format(n)) for n in range(1, months + 1))))

    assert year(2) == year(3) == year(12) == year(2, "orders_2025_{:02}")
    assert year(1) != shape(scan("orders_2024_01"))
    assert year(3) != shape(node("Append", scan("orders_1"), scan("orders_eu")))


def test_a_partition_that_is_read_otherwise_changes_the_shape():
    other = node("Index Scan", Relation_Name="p3", Index_Name="p3_id_idx")
    same = node("Append", scan("p1"), scan("p2"))
    assert shape(same) != shape(node("Append", scan("p1"), scan("p2"), other))


def test_outside_of_an_append_numbers_belong_to_the_name():
    assert shape(scan("orders_1")) != shape(scan("orders_2"))


def test_the_tree_counts_and_not_the_list_of_nodes():
    deep = node("Limit", node("Sort", scan("a")), scan("b"))
    flat = node("Limit", node("Sort"), scan("a"), scan("b"))
    assert shape(deep) != shape(flat)
