"""TEXT and JSON of the same statement give the same nodes: on real servers of two releases."""

import re

import pytest
from sqlalchemy.exc import DBAPIError

from perfkit.plans.read import read_plan

PARALLEL = (
    "parallel_setup_cost=0", "parallel_tuple_cost=0", "min_parallel_table_scan_size=0",
    "min_parallel_index_scan_size=0", "max_parallel_workers_per_gather=2",
)  # fmt: skip
ODD = '"My Schema"."a ""b"" (c) on d"'
NEWLINE = '"line\nend"'
BIG = "orders o join users u on u.id = o.user_id"
STATEMENTS = {
    "seq": ("select * from orders where total > 4000 and note <> 'a, (b'",),
    "index": ("select * from orders where id = 7",),
    "backward": ("select id from orders order by id desc limit 3",),
    "index only": ("select count(*) from orders where total between 5 and 9",),
    "index filter": ("select * from orders where user_id = 5 and note like 'x%' and total < 9",),
    "odd index": ("select total from orders where status = 'new' and total = 3",
                  "enable_seqscan=off", "enable_bitmapscan=off"),
    "bitmap": ("select * from orders where user_id = 5 and note <> ''", "enable_indexscan=off"),
    "lossy bitmap": ("select * from orders where total < 4000", "work_mem='64kB'",
                     "enable_seqscan=off", "enable_indexscan=off"),
    "bitmap or": ("select * from orders where user_id = 5 or total = 9",),
    "bitmap and": ("select * from orders where user_id < 300 and total < 300",
                   "enable_seqscan=off", "enable_indexscan=off"),
    "tid": ("select * from orders where ctid in ('(0,1)', '(1,2)')",),
    "tid range": ("select * from orders where ctid > '(1,1)' and ctid < '(2,1)'",),
    "sample": ("select * from orders tablesample bernoulli (10) repeatable (42) where total > 1",),
    "sample system": ("select * from orders tablesample system (50)",),
    "function": ("select * from generate_series(1, 10) g where g % 2 = 0",),
    "own function": ("select * from pair(5) p where b <> 't1'",),
    "rows from": ("select * from rows from (generate_series(1, 3), pair(2)) as f",),
    "json records": ("select * from jsonb_to_recordset('[{\"a\": 1}]') as x(a int)",),
    "table function": ("select * from xmltable('/a/b' passing ('<a><b>1</b></a>'::xml) "
                       "columns x int path '.') q",),
    "json table": ("select * from json_table('[{\"a\": 1}]', '$[*]' columns (a int)) q",),
    "values": ("select * from (values (1, 'a'), (2, 'b')) v(i, t) where t <> 'x:y'",),
    "result": ("select 1, 'two: three'",),
    "one-time": ("select * from orders where false",),
    "project set": ("select generate_series(1, 3), 1",),
    "cte": ("with x as materialized (select * from orders where total > 4900) "
            "select * from x a join x b using (id)",),
    "cte name": ('with "my cte: (x)" as materialized (select 1 as a) '
                 'select * from "my cte: (x)" "other name"',),
    "recursive": ("with recursive r(i) as (select 1 union all select i + 1 from r where i < 20) "
                  "select * from r",),
    "init plan": ("select * from users where id = (select max(user_id) from orders)",),
    "several init plans": ("select (select max(id) from orders), (select min(id) from users), "
                           "array(select id from users order by id limit 2)",),
    "multi-column init plan": ("update writes set (v, w) = (select 1, 'a' from users limit 1)",),
    "sub-plan": ("select u.id, (select count(*) from orders o where o.user_id = u.id) "
                 "from users u where u.id < 20",),
    "hashed sub-plan": ("select * from users where id not in (select user_id from orders)",),
    "exists or": ("select * from users u where id = 1 or exists "
                  "(select from orders o where o.user_id = u.id)",),
    "hash join": (f"select count(*) from {BIG} where u.name <> 'x'",),
    "left join": ("select * from users u left join orders o on o.user_id = u.id and o.total > 9 "
                  "where o.id is null or u.id > 2900",),
    "right": ("select * from orders o right join users u on u.id = o.user_id",),
    "full join": ("select * from users u full join orders o on u.id = o.id",),
    "semi": ("select * from users u where exists (select from orders o where o.user_id = u.id)",),
    "anti": ("select * from users u where not exists (select from orders where user_id = u.id)",),
    "merge join": (f"select * from {BIG}", "enable_hashjoin=off", "enable_nestloop=off"),
    "nested loop": (f"select * from {BIG} where u.id < 30 and o.note <> u.name",
                    "enable_hashjoin=off", "enable_mergejoin=off"),
    "join filter": ("select * from users a join users b on a.id < b.id where b.id < 40",),
    "memoize": ("select * from orders o, lateral (select * from users u where u.id = o.user_id "
                "offset 0) x where o.total < 2000",
                "enable_hashjoin=off", "enable_mergejoin=off"),
    "spilled hash": (f"select count(*) from {BIG}", "work_mem='64kB'"),
    "sort": ("select * from orders order by note, total desc nulls last, id",),
    "sort on disk": ("select * from orders order by note, id", "work_mem='64kB'"),
    "top n": ("select * from orders order by note, id limit 5",),
    "collation": ('select * from users order by name collate "C" desc, id using <',),
    "incremental sort": ("select * from orders order by user_id, note, total",
                         "enable_seqscan=off", "enable_sort=off"),
    "unique": ("select distinct on (user_id) user_id, total from orders order by 1, 2",),
    "group": ("select user_id, total from orders group by 1, 2", "enable_hashagg=off"),
    "hash aggregate": ("select user_id, count(*) from orders group by 1 having count(*) > 1",),
    "spilled aggregate": ("select id, count(*) from orders group by 1", "work_mem='64kB'",
                          "enable_sort=off"),
    "aggregate": ("select count(*), sum(total) filter (where total > 3) from orders",),
    "grouping sets": ("select region, product, sum(amount) from sales "
                      "group by grouping sets ((region, product), (region), ())",),
    "rollup": ("select region, product, sum(amount) from sales group by rollup (region, product)",
               "enable_hashagg=off"),
    "cube": ("select region, product, sum(amount) from sales group by cube (region, product)",),
    "mixed cube": ("select region, product, amount, count(*) from sales "
                   "group by cube (region, product, amount)", "work_mem='64kB'"),
    "window": ("select id, row_number() over (partition by status order by total), "
               "sum(total) over w from orders window w as (order by id rows 3 preceding)",),
    "run condition": ("select * from (select id, row_number() over (order by id) n from orders) x "
                      "where n < 5",),
    "union": ("select id from users union select user_id from orders",),
    "union all": ("select id from users union all select id from orders where id < 5",),
    "intersect": ("select id from users intersect select user_id from orders",),
    "except all": ("select id from users except all select user_id from orders",),
    "sorted except": ("select id from users except select user_id from orders",
                      "enable_hashagg=off"),
    "partitions": ("select * from part where v > 5 and day < 15",),
    "merge append": ("select * from part order by id limit 9",),
    "pruned": ("select * from part where day = (select 3)",),
    "pruned at start": ("select * from part where day < extract(day from date '2020-01-05')::int "
                        "and day < (length(current_date::text) - 5)",),
    "lock rows": ("select * from users where id < 5 for update",),
    "insert": ("insert into writes select i, i from generate_series(101, 120) i",),
    "conflict": ("insert into writes values (1, 2, 'x'), (999, 1, 'y') on conflict (id) "
                 "do update set v = excluded.v where writes.v < 50",),
    "conflict nothing": ("insert into writes values (1, 2) on conflict do nothing",),
    "update": ("update writes set v = v + 1 where id < 9 returning id",),
    "update partitions": ("update part set v = 1 where id < 5",),
    "delete with trigger": ("delete from writes where id < 30",),
    "merge": ("merge into writes w using users u on u.id = w.id when matched and w.v < 5 then "
              "delete when matched then update set v = 0 when not matched and u.id < 103 then "
              "insert values (u.id, 1, 'm')",),
    "writing cte": ("with d as (delete from child where id < 9 returning *) select * from d",),
    "odd names": (f'select "x y", "p->q" as "a, b" from {ODD} "t (1)" where "p->q" <> \'x: y\' '
                  'order by "x y", "p->q" desc',),
    "odd write": (f'update {ODD} set z = 3 where "x y" = 5',),
    "newlines": (f'select "b\nc" from {NEWLINE} where "b\nc" <> \'one\ntwo\' and a > 3',),
    "newline join": (f'select * from {NEWLINE} "n\n1" join {ODD} o on o.z = "n\n1".a',),
    "foreign file": ("select count(*) from passwords where line <> 'x'",),
    "foreign": ("select * from far_orders where total = 5 and random() < 2",),
    "foreign join": ("select * from far_orders o join far_users u on u.id = o.user_id "
                     "where o.total < 5",),
    "foreign aggregate": ("select user_id, count(*) from far_orders group by 1 order by 1",),
    "foreign update": ("update far_orders set total = 1 where id < 3",),
    "foreign insert": ("insert into far_users values (0, 'x')",),
    "async": ("select * from spread",),
    "parallel": ("select status, count(*) from orders where note <> '' group by 1", *PARALLEL),
    "parallel sort": ("select * from orders where total < 900 order by note, id", *PARALLEL),
    "parallel hash": (f"select count(*) from {BIG}", *PARALLEL),
    "parallel append": ("select count(*) from part where v > 3", *PARALLEL),
    "parallel bitmap": ("select count(*) from orders where total < 900 and note <> ''", *PARALLEL,
                        "enable_seqscan=off", "enable_indexscan=off", "enable_indexonlyscan=off"),
    "parallel index": ("select count(*) from orders where id < 9000", *PARALLEL,
                       "enable_seqscan=off", "enable_bitmapscan=off"),
    "parallel memoize": ("select count(*) from orders o join users u on u.id = o.user_id + 0",
                         *PARALLEL, "enable_hashjoin=off", "enable_mergejoin=off"),
    "parallel init plan": ("select count(*) from orders where user_id < (select max(id) / 2 "
                           "from users)", *PARALLEL),
    "parallel incremental": ("select * from orders order by user_id, note", *PARALLEL,
                             "enable_seqscan=off", "enable_sort=off"),
    "jit": ("select sum(total) from orders where total > 3", "jit=on", "jit_above_cost=0",
            "jit_inline_above_cost=0"),
    "disabled": ("select count(*) from orders where note <> ''", "enable_seqscan=off"),
}  # fmt: skip
# What changes from one execution to the next.
VARIES = re.compile(
    r"Time$|Blocks$|^WAL|Memory|Workers|Actual Rows|Actual Loops|Rows Removed|Hash Batches|"
    r"Hash Buckets|Sort (?:Method|Space)|Groups|Cache|Disk Usage|HashAgg|Heap|Searches|Width|Prefetch"
)
# What TEXT tells in no case, or in VERBOSE only where it is true.
UNTOLD = frozenset({"Inner Unique", "Disabled", "Planned Partitions"})
# Of a Function Scan without a function's name TEXT prints the alias, which looks like one.
UNNAMED = frozenset({"rows from"})


def described(plan):
    """What both formats must have: all properties, of those that vary the type."""
    return [
        (node.parent_id, {k: shown(k, v) for k, v in node.properties.items() if k not in UNTOLD})
        for node in plan.tree
    ]


def shown(key, value):
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return [{k: shown(k, v) for k, v in one.items() if v not in (0, False)} for one in value]
    return type(value).__name__ if VARIES.search(key) else value


def differences(read, expected):
    """What one has and the other has not; Workers vary: one may have nothing to do."""
    for number, ((parent, one), (owner, other)) in enumerate(zip(read, expected, strict=True)):
        if parent != owner:
            yield number, "parent", parent, owner
        for key in (one.keys() | other.keys()) - {"Workers"}:
            if "I/O" in key:  # none where the blocks were found the second time
                continue
            if one.get(key) != other.get(key):
                yield number, key, one.get(key), other.get(key)


def tables(plan):
    """The node table without what varies, and where it says nothing."""
    frame = plan.arrow.drop_columns([name for name in plan.arrow.column_names if varying(name)])
    return frame.to_pylist(), {
        name: [value is None for value in plan.arrow[name].to_pylist()]
        for name in plan.arrow.column_names
        if name not in {"skew", "spilled_bytes", "io_ms", "self_io_ms"}
    }


def varying(name):
    return name.endswith(("_ms", "_blocks", "_share", "_rows", "_removed", "_bytes", "skew")) or (
        name in {"row_factor", "loops", "processes", "workers", "timing_ok", "plan_width"}
    )


#: Not in every release, or not compiled in.
OPTIONAL = frozenset({"json table", "table function"})
OPTIONS = ("analyze, verbose, buffers", "analyze, buffers, timing off", "verbose", "costs off",
           "analyze, settings, wal")  # fmt: skip


@pytest.mark.parametrize("name", STATEMENTS)
def test_text_gives_the_nodes_of_json(explained, name):
    statement, *settings = STATEMENTS[name]
    for options in OPTIONS:
        try:
            text, document = explained(statement, options, settings)
        except DBAPIError:
            if name not in OPTIONAL:
                raise
            pytest.skip("this server does not have it")
        read, expected = read_plan(text), read_plan(document)
        assert read.lost == ()
        assert len(read.tree) == len(expected.tree)
        found = list(differences(described(read), described(expected)))
        assert found == [] or (name in UNNAMED and found[0][1] == "Function Name"), options
        assert tables(read) == tables(expected), options
        assert (read.shape_id == expected.shape_id) or name in UNNAMED
        for key in ("Planning Time", "Execution Time"):
            assert (key in read.document) == (key in expected.document)
        if "settings" in options:
            assert read.document.get("Settings") == expected.document.get("Settings")
