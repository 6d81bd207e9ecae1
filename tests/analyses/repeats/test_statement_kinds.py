import pytest

from perfkit.analyses.repeats import statement_kinds
from perfkit.analyses.repeats.calls import Target
from perfkit.fingerprint import fingerprint


def target(statement):
    return Target(fingerprint=fingerprint(statement))


@pytest.mark.parametrize(
    "statement",
    ["SELECT 1", "select 1 as ok", "BEGIN", "COMMIT", "SET search_path = x", "SHOW timezone",
     "SELECT pg_catalog.version()", "SAVEPOINT a", "DEALLOCATE ALL", "select version()",
     "ALTER TABLE t ADD b int", "FETCH FORWARD 9 FROM c", "select pg_advisory_lock(7)",
     "SELECT 1 FROM dual", '{"getMore": 71, "collection": "items"}'],
)  # fmt: skip
def test_what_drivers_send_on_their_own_is_a_ping(statement):
    assert statement_kinds.ping(target(statement))


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT 1 FROM users WHERE id = 7",
        "select a from b",
        "settle(1)",
        "insert into t values (1)",
    ],
)
def test_what_carries_data_is_none(statement):
    assert not statement_kinds.ping(target(statement))


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("INSERT INTO t VALUES (1)", True),
        ("with x as (select 1) insert into t select * from x", True),
        ("select updated from t", False),
    ],
)
def test_writes_change_rows(statement, expected):
    assert statement_kinds.writes(target(statement)) == expected


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("select a from t order by a limit $1 offset $2", True),
        ("select a from t order by a offset $1 rows fetch next $2 rows only", True),
        ("select a from t where t.id > $1 order by t.id limit $2", True),
        ("select a from t where id < $1 order by id desc limit 10", True),
        ("select a from t where (at, id) < ($1, $2) order by at desc, id desc limit 9", True),
        ("select a from t where (t.at, id) > (cast($1 as date), $2) order by t.at limit 9", True),
        ("select a from t where (b, c) = ($1, $2) order by d limit 1", False),
        ("select a from t where id = $1", False),
        ("select a from t where id = $1 limit 1", False),
        ("select a from t where b > $1 order by c limit 1", False),
        ("select top 9 a from t where [t].[id] > @p1 order by [t].[id]", True),
        ("select a from t where `t`.`id` > ? order by `t`.`id` limit 9", True),
        ("select a from t where b > $1 order by b", False),  # everything, not a page
        ("select a from t limit $1 offset $2", True),
        # what an ORM adds to a look-up by id
        ('select a from "t" where ("t"."id" = $1 and 1=1) limit $2 offset $3', False),
    ],
)
def test_pages_are_told_by_their_statement(statement, expected):
    assert statement_kinds.pages(target(statement), [statement] * 5) == expected


@pytest.mark.timeout(10)
@pytest.mark.parametrize("part", ["a <? ", "limit ?", "values (", "with a", "select "])
def test_a_statement_made_to_be_slow_is_not(part):
    slow = Target(fingerprint=part * 100_000)
    statement_kinds.pages(slow, [slow.fingerprint] * 5)
    assert statement_kinds.writes(slow) is False
    statement_kinds.batched(slow, [slow.fingerprint] * 5)
    assert statement_kinds.ping(slow) is False


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("insert into t values (1, 2), (3, 4)", True),
        ("insert into t values (1, 2)", False),
        ("select a from t where id = any($1)", True),
        ("insert into t select * from unnest($1::int[])", True),
        (f"select a from t where id in ({', '.join(map(str, range(10)))})", True),
        ("select a from t where id in (1, 2)", False),
        ("select a from t where id in (select b from u where c = 1)", False),
        ("delete from t where at < now() limit 1000", True),
        ("delete from t where id = 1", False),
    ],
)
def test_a_statement_for_many_rows_is_a_batch(statement, expected):
    assert statement_kinds.batched(target(statement), [statement] * 5) == expected


@pytest.mark.parametrize(
    ("text", "kind", "ping", "writes"),
    [
        ("get user:?", "cache", False, False),
        ("hgetall user:?", "cache", False, False),
        ("set user:? ?", "cache", False, True),
        ("setex user:? ?", "cache", False, True),
        ("incr hits:?", "cache", False, True),
        ("scan ? ?", "cache", True, False),
        ("hscan user:? ?", "cache", True, False),
        ("brpop jobs ?", "cache", True, False),
        ("select ?", "cache", True, False),
        ("settle", "sql", False, False),
    ],
)
def test_commands_of_caches_have_kinds_of_their_own(text, kind, ping, writes):
    one = Target(fingerprint=text, kind=kind)
    assert statement_kinds.ping(one) == ping
    assert statement_kinds.writes(one) == writes


@pytest.mark.parametrize(
    ("url", "expected"), [("POST http://a/b", True), ("GET http://a/b", False), ("a/put", False)]
)
def test_calls_that_change_something_are_told_by_their_method(url, expected):
    assert statement_kinds.writes(Target(url=url)) == expected
