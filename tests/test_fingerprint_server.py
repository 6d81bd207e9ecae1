"""Fingerprints of statements and of what a real server makes of them are the same.

PostgreSQL 18 squeezes lists of constants, 15 does not. Known difference: of utility statements
18 replaces words as well (``set enable_seqscan to off`` becomes ``to $1``).
"""

from __future__ import annotations

import pytest

from perfkit.fingerprint import fingerprint

# Run as they are; pg_stat_statements then shows its own normalisation of each.
EXECUTED = [
    "SELECT id FROM t WHERE id = -42",
    "select id - 1, id + -1, - id from t where id > -5::int",
    "select note || 'x''y', E'it\\'s' || $$z$$ from t where ts > now() - interval '1 day'",
    "SELECT * FROM t WHERE id IN (1,2,3) AND note = ANY(ARRAY['a','b'])",
    "INSERT INTO t (id, note) VALUES (1,'a'),(2,'b'),(3,'c')",
    "INSERT INTO t (id, note) VALUES (1, 'a')",
    "select a[1:2], a[1] from t limit 10 offset 5",
    "select data->>'x', data ? 'k', data @> '{\"a\": 1}' from t",
    "UPDATE t SET note = N'x', id = 0x1F where id between 1_000 and 2e3 or id = .5",
    "select 1.5, B'01', X'ff', U&'\\0441' from t where note is not null and (id = 1) is true",
    "select date '2024-01-01', cast(1 as bigint), 5::text from t where (id, note) in ((1,'a'))",
    "select case when id = 1 then 'a' else 'b' end from t order by 1 /* why */ -- so",
    "delete from t where id in (select 1) and note in (values ('a'),('b'))",
    'select \'a\'\n\'b\', "Note"."Id 1" from (select 1 as "Id 1") as "Note";',
    "select null, true, false",
    "select id from t where ok = true and note = null and ok is true and ok is not true",
    "select id from t where note is not null and not ok is false or (ok = (id = 5))",
    "select coalesce(ok, false), not true, not ok from t where not false",
    "INSERT INTO t (id, note, ok) VALUES (1, NULL, true), (2, 'x', false), (3, default, null)",
    "INSERT INTO t (id, note) VALUES (1, NULL)",
    "update t set note = null, ok = true, id = default where id = 1",
    "select case when ok then true else null end from t",
    "select * from t limit null offset 0",
    "select id from t where id in (1, null, 3)",
    "select id from t where id in (1, 2, id)",
    "select id from t where id in (-1, 2, +3)",
    "select id from t where id = any('{1,2}'::int[]) or id = any(array[1,2,3])",
    "select interval '1' day, date '2024-01-01', timestamp with time zone '2024-01-01 00:00:00+00'",
    "select interval '1 day' * 3, 2 ^ 3, 5 % 3, @ -5, |/ 25, 5 & 3, 5 | 3, 5 # 3, ~1, 1 << 2",
    "select - id, -id + -1, id - -1, +5 from t",
    "select 1::text, '1'::int, cast('1' as int), cast(-1 as bigint)",
    "select 'a'\n'b'",
    "select extract(year from ts), substring(note from 1 for 2), position('a' in note) from t",
    "select overlay('abc' placing 'x' from 1), trim(both 'x' from note) from t",
    "select data->'a'->>'b', data#>>'{a,b}', data ? 'k', data ?| array['a','b'] from t",
    "select data @> '{\"a\": true}', data - 'k' from t",
    "select a[1], a[1:2], a[:2], a[2:], a[-1] from t",
    "select array[1,2,3], array[[1,2],[3,4]], array[null, 1]",
    "select row(1, 'a', null), (1, 2)",
    "select * from (values (1, 'a'), (2, null)) as v(x, y) where (x, y) in ((1,'a'),(2,'b'))",
    "select * from generate_series(1, 10) g where g between 2 and 5",
    "with recursive r as (select 1 as n union all select n + 1 from r where n < 5) select * from r",
    "select sum(id) over (order by id rows 1 preceding) from t where id = 1 group by id",
    "select * from orders_2024_01 o where o.at > now() - interval '1 hour'",
    'select "Id", "Order Items"."Id" + 1 from "Order Items"',
    "select E'a\\'b', U&'\\0041', $$x$$, $tag$y$tag$, B'1', X'ff', N'z'",
    "select 1e3, 1.5, .5, 5., 1.5e-3, 0x1F, 0b11, 0o17, 1_000",
    "/* app */ select 1 /* x */ -- y",
    "delete from t where id in (select id from t where note = 'x' limit 1)",
    'delete from t using "Order Items" where t.id = 5 and "Id" = 6 returning t.id, null',
    "select note ~ 'x', note !~* 'y', note || 'z' || 5 from t",
    "select id from t order by 1 desc nulls last, 2 + id offset 3 rows fetch first 5 rows only",
    "select exists (select 1 from t where id = 1), true and false or true",
    "select greatest(1, 2, null), nullif(id, 0), coalesce(null, 1) from t",
    "select id is distinct from 5, id is not distinct from null from t",
    "select jsonb_path_query(data, '$.a[*] ? (@ > 1)') from t",
    'select t.*, 5 as "Five" from t as t(id) where t.id >= -5',
    "select lower('A') collate \"C\", note collate \"C\" < 'b' from t",
    "select generate_series(1, 3), random() < 0.5",
    "select to_char(ts, 'YYYY-MM') , ts at time zone 'UTC' from t",
    "select 1 union select 2 except select 3",
    "merge into t using (select 1 as id) s on t.id = s.id when matched then update set note = 'x'",
    "insert into t (id) select 5 where not exists (select 1 from t where id = 5)",
    "insert into t (id, note) values (1, lower('A')), (2, lower('B')) on conflict do nothing",
    "select pg_sleep(0), current_date - 1, current_timestamp",
    "select (array[1,2,3])[2], (row(1,2)).*",
    "select bool 'true', int '5', point '(1,2)', numeric(10,2) '5.5'",
    "select cast(null as int), null::text, true::int, (false)",
    "select json_build_object('a', 1, 'b', true, 'c', null)",
    "select x::numeric(10,2), note::varchar(20), '5'::numeric(5,1) from t",
    "select 1 where true",
    "select 1 from t where ok and not ok is false or (ok = (id = 5))",
    "select sum(case when id = any (array[1,2]) then 1 else 0 end) from t having count(*) > 0",
    "select id from t where (ts, id) > ('2024-01-01', 5)",
    "select * from t tablesample system (10)",
]


@pytest.fixture(scope="module")
def normalised():
    """What pg_stat_statements of a real server makes of EXECUTED."""
    import psycopg as client

    from perfkit.lab import server

    with server.start() as lab, client.connect(lab.conninfo(), autocommit=True) as connection:
        connection.execute("create extension if not exists pg_stat_statements")
        connection.execute(
            "create temporary table t (id int, note text, a int[], data jsonb, ts timestamptz,"
            " ok bool, x numeric)"
        )
        connection.execute("create temporary table orders_2024_01 (id int, at timestamptz)")
        connection.execute('create temporary table "Order Items" ("Id" int)')
        for statement in EXECUTED:
            connection.execute(statement)
        return connection.execute("select query from pg_stat_statements").fetchall()


@pytest.mark.lab
@pytest.mark.parametrize("statement", EXECUTED)
def test_a_statement_meets_its_row_in_pg_stat_statements(normalised, statement):
    texts = [query for (query,) in normalised if query != statement]
    assert fingerprint(statement) in {fingerprint(text) for text in texts}
