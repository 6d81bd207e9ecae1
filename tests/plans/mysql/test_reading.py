import json
import random
import re
import subprocess
import time

import mariadb_shop
import pytest

from perfkit.errors import InputError, PerfkitError, UnknownFormat
from perfkit.plans.mysql.reading import document, read

STATEMENTS = """
select o.id, u.name from orders o join users u on u.id=user_id where total < 500 order by total
select country, count(*) c from users group by country order by c desc
select country, count(*) c from users group by country having c > (select count(*) from tiny)
select id from users o where id = (select max(x.id) from users x where x.country=o.country) limit 10
select count(*) from tiny t join users u on u.country = t.b
select count(*) from users a join users b on b.id > a.id + 4990
select count(*) from tiny t left join users u on u.name = t.b and u.country > t.b
select id from orders where status='paid' union select id from users where id<100 order by 1 limit 3
select id from orders where status='paid' union all select id from users where id<100
select a from tiny except select id from users where id = 2
select a from tiny intersect select id from users
select * from (select user_id i, sum(total) from orders group by user_id) d join users u on u.id=i
select id, rank() over (partition by status order by total) r from orders order by r limit 5
select count(*) from users where id in (select user_id from orders where total>59000)
select count(*) from users where id not in (select user_id from orders where total>59000)
select (select count(*) from items i where i.order_id=u.id) c from users u where u.id<500
with recursive n as (select 1 a union all select a+1 from n where a<500) select * from n
with c as (select user_id, total from orders limit 9) select 1 from c x join c y using (total)
select distinct status, user_id from orders order by user_id
select u.id from users u where exists (select 1 from items i where i.order_id=u.id and i.qty=3)
select sum(total) from orders where status in ('pending','shipped') and created_at > '2025-02-01'
select o.id from orders o where id < 100 or status = 'paid' and created_at < '2025-01-03'
select straight_join count(*) from users u, tiny t where t.a = u.id + 0
select * from orders order by note, total
""".strip().splitlines()


@pytest.mark.parametrize("sql", STATEMENTS)
def test_the_own_times_of_every_plan_add_up_to_the_time_of_the_whole(analyzed, sql):
    # a stall of the machine between two of its clocks is no fault of the reader: once is enough
    texts = [analyzed(sql) for _ in range(3)]
    text = next((one for one in texts if read(one).times.consistent), texts[0])
    plan = read(text)
    own = sum(value for value in plan.times.self_ms)
    assert own == pytest.approx(plan.root.total_ms, rel=0.03)
    assert plan.times.consistent
    assert plan.system == "mariadb"
    told = json.loads(text)["query_block"].get("r_total_time_ms")
    assert plan.execution_ms == pytest.approx(told or plan.execution_ms)


def test_the_time_between_two_rounds_of_a_recursion_counts_once(analyzed):
    sql = "with recursive n as (select 1 a union all select a+1 from n where a<500) select * from n"
    slow = re.sub(r'(_time_ms": )([0-9.]+)', lambda m: f"{m[1]}{float(m[2]) * 50}", analyzed(sql))
    plan = read(slow)
    assert plan.times.consistent
    assert sum(plan.times.self_ms) == pytest.approx(plan.root.total_ms, rel=0.03)


@pytest.mark.parametrize("sql", STATEMENTS)
def test_every_table_of_the_json_is_a_node_once(analyzed, sql):
    text = analyzed(sql)
    names = re.findall(r'"table": \{\s*"table_name": "([^"]+)"', text)
    assert sorted(names) == sorted(node.relation for node in read(text).tree if node.relation)


@pytest.mark.parametrize("sql", STATEMENTS)
def test_a_plan_without_analyze_has_the_same_nodes_and_no_times(analyzed, sql):
    planned = read(analyzed(sql, prefix="explain format=json"))
    executed = read(analyzed(sql))
    assert not planned.analyzed
    assert planned.execution_ms is None
    assert [n.kind for n in planned.tree] == [n.kind for n in executed.tree]
    assert planned.shape_id == executed.shape_id


def test_the_time_is_where_the_server_slept(analyzed):
    slow = "select count(*) from users u where u.id <= 3 and sleep(0.02 + u.id - u.id) = 0"
    plan = read(analyzed(f"select * from ({slow}) d join tiny t on t.a > 0"))
    slept = max(plan.tree, key=lambda node: plan.times.self_ms[node.node_id])
    assert slept.relation == "u"
    assert plan.times.self_ms[slept.node_id] == pytest.approx(60, rel=0.2)


def test_a_dependent_subquery_is_below_the_table_that_runs_it(analyzed):
    plan = read(analyzed("select id from users o where id <= 40 and name ="
        " (select max(x.name) from users x where x.id = o.id)"))  # fmt: skip
    outer = next(node for node in plan.tree if node.relation == "o")
    inner = next(node for node in plan.tree if node.relation == "x")
    assert outer in plan.ancestors(inner)
    assert inner.loops == 40
    assert any(node.relationship == "SubPlan" for node in plan.tree)


def test_rows_are_told_after_the_filter_and_per_loop(analyzed):
    plan = read(analyzed("select * from orders where user_id = 42"))
    scan = next(node for node in plan.tree if node.relation)
    assert (scan.number("Actual Rows"), scan.number("Rows Removed by Filter")) == (12, 59_988)
    assert (scan.kind, scan.text("Filter")) == ("Table Scan", "orders.user_id = 42")


def test_what_the_clients_print_around_a_plan_is_seen_through(analyzed):
    sql = (
        "select count(*) from orders o join users u on u.id = o.user_id where o.note = 'a\"b\\\\n'"
    )
    plain = read(analyzed(sql))
    for options in (["-t"], ["-E"], ["-B"], ["-r", "-B"], ["-N", "-B"]):
        done = subprocess.run(
            ["mariadb", "--no-defaults", "-S", mariadb_shop.socket(), "-uroot", "shop", *options],
            input=f"analyze format=json {sql};", capture_output=True, text=True, check=True,
            timeout=30,
        )  # fmt: skip
        pasted = read(done.stdout)
        assert pasted.shape_id == plain.shape_id, options
        assert [n.condition for n in pasted.tree] == [n.condition for n in plain.tree], options


@pytest.mark.parametrize("options", [["-t"], ["-B"], ["-E"]])
def test_the_tabular_explain_is_refused_in_a_sentence(mariadb, options):
    done = subprocess.run(
        ["mariadb", "--no-defaults", "-S", mariadb_shop.socket(), "-uroot", "shop", *options],
        input="explain select * from orders;", capture_output=True, text=True, check=True,
        timeout=30,
    )  # fmt: skip
    with pytest.raises(UnknownFormat, match="tabular"):
        document(done.stdout)


@pytest.mark.parametrize(
    "foreign",
    [
        "", "no plan", '{"a": 1}', "[]", '[{"Plan": {"Node Type": "Result"}}]', "{", 7, None,
        "Limit  (cost=0.1..0.2 rows=1 width=4)\n  ->  Seq Scan on t  (cost=0..1 rows=1 width=4)",
        '{"operation": 3}', '{"query_block": []}', "a -> b (cost=1 rows=1)",
    ],
)  # fmt: skip
def test_what_is_no_plan_of_these_servers_is_left_to_others(foreign):
    assert document(foreign) is None
    with pytest.raises(UnknownFormat):
        read(foreign)


def test_a_plan_that_never_ends_is_refused():
    for open_brackets in ('{"query_block":' * 5000, '{"query_block": {"a": ' + "[" * 5000):
        with pytest.raises(InputError):
            document(open_brackets + "1")
    deep = '{"temporary_table":' * 400 + "{}" + "}" * 400
    with pytest.raises(InputError, match="deeper"):
        document('{"query_block":' + deep + "}")


def test_damaged_plans_never_raise_anything_but_our_errors(analyzed):
    whole = [analyzed(sql) for sql in STATEMENTS[:8]]
    chance = random.Random(7)
    for _ in range(400):
        text = chance.choice(whole)
        start, end = sorted(chance.sample(range(len(text)), 2))
        cut = text[:start] + chance.choice(["", "null", "[]", "-1", '"', "{"]) + text[end:]
        try:
            plan = read(cut)
        except PerfkitError:
            continue
        assert plan.arrow.num_rows == len(plan.tree)
        assert isinstance(plan.findings, tuple)


SLEEPERS = """
u | select straight_join count(*) from tiny t join users u on u.id = t.a where u.id + {s} > 0
u | select a from tiny t where 5000 < (select max(u.id + {s}) from users u where u.id < t.a * 9)
u | select a from tiny where a in (select id + {s} from users u where id < 12)
u | select a from tiny union select id from users u where id < 12 and id + {s} > 0
u | select * from (select id, count(*) c from users u where id < 12 and id + {s} > 0 group by id) d
u | select id, rank() over (order by id + {s}) from users u where id < 12
u | select id from users u where id < 12 order by name, id + {s}
u | select count(distinct id + {s}) from users u where id < 12
u | update users u set name = name where id < 12 and id + {s} > 0
u | delete from u using users u where id < 12 and id + {s} > 9999
Hash Join, Block Nested Loop | select straight_join 1 from tiny a join tiny b on a.a + b.a + {s} > 0
u | with x as (select id from users u where id < 12 and id + {s} > 0 limit 9) select * from x, tiny
""".strip().splitlines()


@pytest.mark.parametrize("line", SLEEPERS)
def test_the_step_that_sleeps_has_the_time(analyzed, line):
    sleeper, _, sql = line.partition(" | ")
    plan = read(analyzed(sql.format(s="sleep(0.003)"), "autocommit=0"))
    own = sum(
        plan.times.self_ms[node.node_id]
        for node in plan.tree
        if node.relation == sleeper or node.kind in {*sleeper.split(", "), "Sort", "Window"}
    )
    assert own == pytest.approx(plan.root.total_ms, rel=0.2)
    assert plan.root.total_ms > 8
    assert plan.times.consistent


@pytest.mark.parametrize(
    "text",
    [
        "-> " * 100_000, "-> Limit: 1 row(s)  (cost=1 rows=1)\n" + "x\n" * 150_000,
        "-> a" + "\\n" * 150_000 + "-> ", "-> Table scan on t" + " " * 300_000 + "(cost=1 rows=1)",
        '{"query_block": ' + '"' * 300_000, '{"query_block": "' + "\\" * 300_000,
        '{"query_block": {\n"a": ["' + 'x", "' * 60_000, "  (" * 100_000 + "-> Limit  (cost=1",
    ],
)  # fmt: skip
def test_hostile_texts_take_linear_time(text):
    started = time.perf_counter()
    try:
        document(text)
    except PerfkitError as error:
        assert "read_plan" in str(error)  # noqa: PT017 - it may be read as well
    assert time.perf_counter() - started < 20


def test_times_that_a_test_suite_took_out_are_unknown():
    table = {"table_name": "t", "access_type": "ALL", "r_loops": 1, "r_rows": 10, "r_filtered": 30,
             "r_table_time_ms": "REPLACED", "r_other_time_ms": "REPLACED"}  # fmt: skip
    body = {"r_loops": 1, "r_total_time_ms": "REPLACED", "nested_loop": [{"table": table}]}
    plan = read({"query_optimization": {"r_total_time_ms": "REPLACED"}, "query_block": body})
    assert plan.execution_ms is None
    assert plan.times.self_ms == [None, None]
    assert plan.tree[1].number("Actual Rows") == 3
