import pytest

from perfkit.analyses.repeats import innocent
from perfkit.analyses.repeats.calls import Target
from perfkit.fingerprint import fingerprint


def target(statement):
    return Target(fingerprint=fingerprint(statement))


@pytest.mark.parametrize(
    "statement",
    ["SELECT 1", "select 1 as ok", "BEGIN", "COMMIT", "SET search_path = x", "SHOW timezone",
     "SELECT pg_catalog.version()", "SAVEPOINT a", "DEALLOCATE ALL", "select version()"],
)  # fmt: skip
def test_what_drivers_send_on_their_own_is_a_ping(statement):
    assert innocent.ping(target(statement))


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
    assert not innocent.ping(target(statement))


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("INSERT INTO t VALUES (1)", True),
        ("with x as (select 1) insert into t select * from x", True),
        ("select updated from t", False),
    ],
)
def test_writes_change_rows(statement, expected):
    assert innocent.writes(target(statement)) == expected


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
    ],
)
def test_pages_are_told_by_their_statement(statement, expected):
    assert innocent.pages(target(statement), [statement] * 5) == expected


@pytest.mark.timeout(10)
@pytest.mark.parametrize("part", ["a <? ", "limit ?", "offset ? ", "with a", "select "])
def test_a_statement_made_to_be_slow_is_not(part):
    slow = Target(fingerprint=part * 100_000)
    innocent.pages(slow, [slow.fingerprint] * 5)
    assert innocent.writes(slow) is False
    assert innocent.ping(slow) is False
