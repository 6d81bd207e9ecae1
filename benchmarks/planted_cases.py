"""The statements whose plans have known answers (:mod:`planted_plans`)."""

from __future__ import annotations

from planted_plans import PARALLEL, Case

__all__ = ["CASES"]

_LEADER_OFF = (*PARALLEL, "parallel_leader_participation = off")
_NONE = (*PARALLEL, "max_parallel_workers = 0")
_NARROW = "parallel_setup_cost = 10"  # one Gather is cheaper than two: above the join
_RARE = "(c.v % 250 > 0 or nap('x', c.g) >= 0) and (e.v % 250 > 0 or nap('y', e.g) >= 0)"
_HASH = ("enable_mergejoin = off", "enable_nestloop = off")
_MERGE = ("enable_hashjoin = off", "enable_nestloop = off")
_NESTED = ("enable_hashjoin = off", "enable_mergejoin = off")
_NO_MEMO = (*_NESTED, "enable_memoize = off")
_PLAIN = ("enable_material = off", "enable_memoize = off")
_BITMAP = ("enable_seqscan = off", "enable_indexscan = off", "enable_indexonlyscan = off")


def case(name: str, sql: str, at: str, *settings: str, **more: object) -> Case:
    """Return a case; ``at`` reads ``tag=node, tag=node``."""
    pairs = dict(pair.strip().split("=", 1) for pair in at.split(";"))
    return Case(name=name, sql=" ".join(sql.split()), at=pairs, settings=settings, **more)  # type: ignore[arg-type]


_SERIAL = (
    case("filter", "select * from a where nap('x', id) > 0", "x=Seq Scan"),
    case("target list", "select nap('x', id) from a", "x=Seq Scan"),
    case("two nodes", "select nap('y', s.i) from (select nap('x', id) i from a offset 0) s",
         "x=Seq Scan; y=Subquery Scan"),
    case("index scan's filter", "select * from c where id < 13 and nap('x', v) > 0",
         "x=Index Scan", "enable_seqscan = off", "enable_bitmapscan = off"),
    case("stable index condition", "select * from a, lateral (select * from c where c.id = "
         "stable_nap('x', a.id) offset 0) s", "x=Nested Loop", *_NO_MEMO,
         "enable_seqscan = off", "enable_bitmapscan = off"),
    # The keys of a rescan are computed by the join, in its own time; of the only scan, by it.
    case("stable index condition, once", "select * from c where id = stable_nap('x', 77)",
         "x=Index Scan:c", "enable_seqscan = off", "enable_bitmapscan = off", calls={"x": 1}),
    case("bitmap's recheck side", "select * from c where g = 3 and v < 1000 and nap('x', v) > 0",
         "x=Bitmap Heap Scan", *_BITMAP),
    case("join filter", "select * from a join b on a.g = b.g and a.id < 5 and b.id < 9 "
         "and nap('x', a.id + b.id) > 0", "x=Hash Join", *_HASH),
    case("nested loop's filter", "select * from a join b on a.id < 4 and b.id < 5 and "
         "nap('x', a.id + b.id) > 0", "x=Nested Loop", *_NO_MEMO),
    case("merge join's filter", "select * from a join b on a.id = b.id and nap('x', a.g + b.g) >= 0",
         "x=Merge Join", *_MERGE),
    case("hash side", "select * from a join (select id, nap('x', id) n from b offset 0) s "
         "on a.id = s.n", "x=Seq Scan:b", *_HASH),
    case("loops of the inner side", "select * from a, lateral (select nap('x', a.id) from c "
         "where c.id = a.id offset 0) s", "x=Index Only Scan:c", *_NO_MEMO),
    case("thousands of loops", "select count(s.v) from (select * from c where id <= 2000 offset 0) c, lateral (select d.v from c d where "
         "d.id = c.id and (d.id % 100 > 0 or nap('x', d.id) > 0) offset 0) s",
         "x=Index Scan:d", *_NO_MEMO, "enable_bitmapscan = off", "jit = off"),
    case("sort key", "select * from a order by nap('x', -id)", "x=Seq Scan"),
    case("aggregate's argument", "select sum(nap('x', id)) from a", "x=Aggregate"),
    case("hashed aggregate", "select g, sum(nap('x', id)) from a group by g", "x=Aggregate"),
    case("having", "select g from a group by g having nap('x', g) >= 0", "x=Aggregate"),
    case("group key", "select nap('x', id) k, count(*) from a group by 1", "x=Seq Scan"),
    case("window", "select sum(nap('x', id)) over (order by id) from a", "x=WindowAgg"),
    case("limit stops early", "select * from a where nap('x', id) > 0 limit 7", "x=Seq Scan"),
    case("limit of a sort", "select * from (select nap('x', id) n from a) s order by n limit 3",
         "x=Seq Scan"),
    case("set-returning function", "select * from nap_rows('x', 12)", "x=Function Scan"),
    case("function in the target list", "select nap_rows('x', 10)", "x=ProjectSet"),
    case("lateral function", "select * from a, lateral nap_rows('x', a.g) n where a.id < 9",
         "x=Function Scan"),
    case("append", "select nap('x', id) from a union all select nap('y', id) from b where id < 9",
         "x=Seq Scan:a; y=Index Only Scan:b"),
    case("merge append", "(select nap('x', id) n from a order by 1) union all "
         "(select id from b order by 1) order by 1", "x=Seq Scan:a"),
    case("partitions", "select * from p where nap(case when id < 10 then 'x' else 'y' end, id) > "
         "0 and id < 20", "x=Seq Scan:p_1; y=Seq Scan:p_2"),
    case("memoize", "select * from c join lateral (select nap('x', b.id) n from b where "
         "b.id = c.g offset 0) s on true where c.id < 300", "x=Index Only Scan:b", *_NESTED,
         "enable_material = off"),
    case("materialize", "select * from a join (select nap('x', id) n from b offset 0) s "
         "on s.n < a.id + 100", "x=Seq Scan:b", *_NESTED),
    case("semi join", "select * from a where a.id < 4 and exists (select from b where "
         "b.g = a.g and stable_nap('x', a.id + b.id) > 25)", "x=Nested Loop", *_NO_MEMO),
    case("anti join", "select * from a where a.id < 4 and not exists (select from b where "
         "b.id > a.id + 20 and stable_nap('x', a.id + b.id) < 0)", "x=Index Only Scan:b", *_NO_MEMO),
    case("distinct", "select distinct nap('x', g) from a", "x=Seq Scan"),
    case("lock rows", "select * from a where nap('x', id) > 10 for update", "x=Seq Scan"),
    case("values", "select nap('x', v) from (values (1), (2), (3), (4), (5), (6)) t (v)",
         "x=Values Scan"),
)
_SUBPLANS = (
    case("subplan", "select a.id, (select nap('x', count(*)::int) from c where c.g = a.g) from a",
         "x=Aggregate"),
    case("subplan's scan", "select a.id, (select max(nap('x', b.id)) from b where b.id = a.id) "
         "from a", "x=Aggregate"),
    case("subplan in a filter", "select * from a where (select nap('x', b.g) from b where "
         "b.id = a.id) > 0", "x=Index Scan:b", "enable_seqscan = on"),
    case("hashed subplan", "select * from a where id not in (select nap('x', id) from b)",
         "x=Seq Scan:b"),
    case("initplan in a filter", "select * from a where id > (select sum(nap('x', id)) - 295 "
         "from b) and nap('y', id) > 0", "x=@InitPlan; y=Index Scan:a"),
    case("initplan below a sort", "select * from a where id < (select count(nap('x', id)) "
         "from b) order by pad, g", "x=@InitPlan"),
    case("initplan in a join", "select * from a join b on a.id = b.id where b.g < (select "
         "count(nap('x', id)) from c where id < 20) and nap('y', a.id) > 0", "x=@InitPlan; y=Seq Scan:a", *_HASH),
    case("initplan above a result", "select * from a where (select count(nap('x', id)) from b) "
         "> 3", "x=@InitPlan"),
    case("initplan in an index condition", "select s.id from a, lateral (select * from c where "
         "c.id = a.id + (select count(nap('x', id)) from b) offset 0) s", "x=@InitPlan", *_NO_MEMO,
         "enable_seqscan = on"),
    case("initplan of two columns", "select * from a where (id, g) < (select max(nap('x', id)), "
         "2 from b)", "x=@InitPlan"),
    case("twelve initplans", "select " + ", ".join(
        f"(select sum(nap('t{n}', id)) from b where id <= {n % 3 + 1})" for n in range(12))
         + ", a.id from a where id <= (select sum(nap('z', id)) from b where id < 6)",
         "; ".join(f"t{n}=@InitPlan {n + 1}" for n in range(12)) + "; z=@InitPlan 13"),
    case("eleventh initplan is not the first", "select * from a where " + " and ".join(
        f"id <> (select -count(*) from b where id < {n})" for n in range(10))
         + " and id > (select count(nap('x', id)) - 30 from b)", "x=@InitPlan 11"),
    case("initplan of an initplan", "select * from a where id < (select count(*) from b where "
         "id <= (select count(nap('x', id)) from c where id < 9) and nap('y', id) > 0)",
         "x=@InitPlan 1; y=Seq Scan:b", "enable_indexscan = off", "enable_bitmapscan = off",
         "enable_indexonlyscan = off"),
    case("initplan without verbose", "select (select count(nap('x', id)) from b), pad from a "
         "order by pad", "x=@InitPlan", options="buffers"),
    case("initplan of a limit", "select * from a limit (select count(nap('x', id)) from b)",
         "x=@InitPlan"),
    case("initplan that nobody asks for", "select * from a where id < 0 and id > (select "
         "count(nap('x', id)) from b) or nap('y', id) < 0", "y=Seq Scan:a"),
)
_CTES = (
    case("cte", "with x as materialized (select nap('x', id) n from a) select * from x",
         "x=Seq Scan:a"),
    case("cte and its filter", "with x as materialized (select nap('x', id) n from a) "
         "select * from x where nap('y', n) > 0", "x=Seq Scan:a; y=CTE Scan:x"),
    case("shared cte", "with x as materialized (select nap('x', id) n from a) "
         "select * from x p join x q using (n) where nap('y', p.n) > 0",
         "x=Seq Scan:a; y=CTE Scan:p", *_HASH),
    case("shared cte, three scans", "with x as materialized (select nap('x', id) n from a) "
         "select n from x p union all select n from x q union all select n from x r",
         "x=Seq Scan:a"),
    case("shared cte, one cut by limit", "with x as materialized (select nap('x', id) n from a) "
         "select * from (select n from x p limit 5) s union all select n from x q where "
         "nap('y', n) > 0", "x=Seq Scan:a; y=CTE Scan:q"),
    case("shared cte, both filtered", "with x as materialized (select nap('x', id) n from a "
         "limit 10) select n from x p where nap('y', n) > 0 union all select n from x q where "
         "nap('z', n) > 0", "x=Seq Scan:a; y=CTE Scan:p; z=CTE Scan:q"),
    case("cte that touches blocks", "with x as materialized (select g, count(*) k from c where "
         "v % 500 > 0 or nap('x', v) > 0 group by g) select * from x p join x q using (k) "
         "where nap('y', p.g) >= 0 and p.g < 12 and q.g < 5",
         "x=Seq Scan:c; y=CTE Scan:p", *_HASH),
    case("cte in a nested loop", "with x as materialized (select nap('x', id) n from a) "
         "select * from b join x on x.n < b.id", "x=Seq Scan:a", *_NESTED, *_PLAIN),
    case("cte used in a cte", "with x as materialized (select nap('x', id) n from a), "
         "y as materialized (select nap('y', n) m from x where n < 9) select * from y, x "
         "where x.n = y.m", "x=Seq Scan:a; y=CTE Scan:x", *_HASH),
    case("nested ctes of one name", "with x as materialized (select nap('x', id) n from a where "
         "id < 9) select * from (with x as materialized (select nap('y', id) n from b) select * "
         "from x offset 0) s join x using (n)", "x=Index Only Scan:a; y=Seq Scan:b", *_HASH),
    case("cte in an initplan", "with x as materialized (select nap('x', id) n from a) "
         "select * from b where id < (select max(n) from x) and nap('y', id) > 0",
         "x=Seq Scan:a; y=Index Scan:b"),
    case("cte and a limit", "with x as materialized (select nap('x', id) n from a) "
         "select * from x limit 6", "x=Seq Scan:a"),
    case("recursive", "with recursive r (n) as (select 1 union all select nap('x', n + 1) from r "
         "where n < 20) select * from r", "x=WorkTable Scan"),
    case("recursive join", "with recursive r (n) as (select 1 union all select b.id from r join "
         "b on b.id = r.n + 1 where nap('x', b.id) < 15) select * from r where nap('y', n) > 0",
         "x=Index Only Scan:b; y=CTE Scan", *_NO_MEMO),
    case("writing cte", "with n as (insert into w select 1000 + id, nap('x', id) from a "
         "returning id) select * from n where nap('y', id) > 0", "x=Seq Scan:a; y=CTE Scan"),
    case("writing cte that nobody reads", "with n as (insert into w select 1000 + id, "
         "nap('x', id) from a) select nap('y', id) from b", "x=Seq Scan:a; y=Seq Scan:b"),
    case("writing cte that is partly read", "with n as (insert into w select 1000 + id, "
         "nap('x', id) from a returning id) select * from n limit 4", "x=Seq Scan:a"),
)
_WRITES = (
    case("insert", "insert into w select 1000 + id, nap('x', id) from a", "x=Seq Scan:a"),
    case("update", "update w set v = nap('x', v) where id < 15", "x=Index Scan:w",
         "enable_seqscan = off", "enable_bitmapscan = off"),
    case("returning", "delete from w where id < 15 returning nap('x', id)", "x=ModifyTable"),
    case("before trigger", "insert into tb select id, 1 from a", "before=ModifyTable"),
    case("after trigger", "insert into ta select id, nap('x', id) from a",
         "x=Seq Scan:a; after=trigger"),
    case("before and after", "insert into tab select id, 1 from a where id < 13",
         "before=ModifyTable; after=trigger"),
    case("statement triggers", "insert into ts select id, 1 from a",
         "before=ModifyTable; after=trigger"),
)
_PARALLEL = (
    case("parallel scan", "select * from a where nap('x', id) > 0", "x=Parallel Seq Scan",
         *PARALLEL, parallel=("x",)),
    case("parallel without leader", "select * from a where nap('x', id) > 0",
         "x=Parallel Seq Scan", *_LEADER_OFF, parallel=("x",)),
    case("no workers to be had", "select * from a where nap('x', id) > 0",
         "x=Parallel Seq Scan", *_NONE, parallel=("x",)),
    case("no workers and no leader", "select * from a where nap('x', id) > 0",
         "x=Parallel Seq Scan", *_NONE, "parallel_leader_participation = off", parallel=("x",)),
    case("one worker", "select * from a where nap('x', id) > 0", "x=Parallel Seq Scan",
         *PARALLEL, "max_parallel_workers = 1", parallel=("x",)),
    case("gather merge", "select * from a where nap('x', id) > 0 order by pad, id",
         "x=Parallel Seq Scan", *PARALLEL, parallel=("x",)),
    case("partial aggregate", "select g, sum(nap('x', id)) from a group by g",
         "x=Aggregate#1", *PARALLEL, parallel=("x",)),
    case("above the gather", "select serial_nap('x', id) from a where nap('y', id) > 0",
         "x=Gather; y=Parallel Seq Scan", *_LEADER_OFF, parallel=("y",)),
    case("parallel hash join", f"select count(*) from c join e using (id) where {_RARE}",
         "x=Parallel Seq Scan:c; y=Parallel Seq Scan:e", *PARALLEL, _NARROW, *_HASH,
         parallel=("x y",)),
    case("parallel hash join without leader", "select count(*) from c join e using (id) where "
         f"{_RARE}", "x=Parallel Seq Scan:c; y=Parallel Seq Scan:e", *_LEADER_OFF, _NARROW,
         *_HASH, parallel=("x y",)),
    case("own hashes", "select count(*) from c join f using (id) where (c.v % 250 > 0 or "
         "nap('x', c.g) >= 0) and (f.v % 500 > 0 or light_nap('y', f.g) >= 0)",
         "x=Parallel Seq Scan:c; y=Seq Scan:f", *PARALLEL, _NARROW, *_HASH,
         "parallel_tuple_cost = 1", parallel=("x y",)),
    case("parallel append of whole members", "select count(*) from (select id from c where "
         "c.v % 250 > 0 or nap('x', c.g) >= 0 union all select id from f where f.v % 250 > 0 or "
         "nap('y', f.g) >= 0) s", "x=Parallel Seq Scan:c; y=Seq Scan:f", *PARALLEL, _NARROW,
         parallel=("x y",)),
    case("parallel nested loop", "select * from a join c on c.id = a.id where nap('x', c.v) > 0",
         "x=Index Scan:c", *PARALLEL, *_NO_MEMO, parallel=("x",)),
    case("parallel append", "select nap(case when id < 10 then 'x' when id < 20 then 'y' else 'z' "
         "end, id) from p", "x=Parallel Seq Scan:p_1; y=Parallel Seq Scan:p_2; "
         "z=Parallel Seq Scan:p_3", *PARALLEL, parallel=("x y z",)),
    case("parallel bitmap", "select * from c where g < 2 and v < 1000 and nap('x', v) > 0",
         "x=Parallel Bitmap Heap Scan", *PARALLEL, *_BITMAP, parallel=("x",)),
    case("initplan above gather", "select * from a where nap('y', id) > 0 and id > (select "
         "count(serial_nap('x', id)) - 30 from c where id < 15)",
         "x=@InitPlan; y=Parallel Index Scan:a", *PARALLEL, parallel=("y",)),
    case("parallel initplan", "select * from c where id = (select max(nap('x', id)) from a)",
         "x=Aggregate#1", *PARALLEL, parallel=("x",)),
    case("subplan in workers", "select * from a where (select nap('x', c.g) from c where c.id = "
         "a.id) >= 0", "x=Index Scan:c", *PARALLEL, parallel=("x",)),
    case("gather in a subplan", "select a.id, (select count(*) from b where nap('x', b.id) > 0 "
         "and serial_nap('y', a.id) > 0 and a.id > 0) from a where a.id < 3",
         "x=Seq Scan:b; y=Seq Scan:b", *PARALLEL),
    case("gather in loops", "select * from (values (1), (2)) v (i), lateral (select count(*) "
         "from a where stable_nap('x', a.g) >= 0) s", "x=Parallel Seq Scan:a", *PARALLEL,
         "enable_material = off", parallel=("x",)),
    case("cte below a parallel query", "with x as materialized (select nap('x', id) n from b) "
         "select * from x join a on a.id = x.n where serial_nap('y', a.id) > 0",
         "x=Parallel Seq Scan:b; y=Seq Scan:a", *PARALLEL, *_HASH,
         parallel=("x",)),
    case("limit stops workers", "select * from a where nap('x', id) > 0 limit 9",
         "x=Parallel Seq Scan", *PARALLEL, parallel=("x",)),
    case("parallel without verbose", "select * from a where nap('x', id) > 0",
         "x=Parallel Seq Scan", *_LEADER_OFF, parallel=("x",), options="buffers"),
)
CASES = (*_SERIAL, *_SUBPLANS, *_CTES, *_WRITES, *_PARALLEL)
