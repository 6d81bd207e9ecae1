"""Damaged logs give the same rows wherever they are cut: each of these once did not."""

import pytest

from perfkit.formats.orm import django, hibernate, node_postgres, p6spy, sqlalchemy_echo, typeorm

NODE = """executed query { text: 'SELECT 1', duration: 9, rows: 1 }
executed query {
{"other":"object"}
app: {"another":1}
  text: 'SELECT 2',
  duration: 1,
  rows: 1
}
prisma:query SELECT 3
  FROM t {
executed query { text: 'SELECT 4', duration: 1, rows: 1 }
"""
P6SPY = """#1795258800123 | took 5ms | statement | connection 0| url jdbc:h2:mem:x
select a from t where b=?
select a from t where b='x';
#1795258800129 | took 0ms | commit | url 0| url jdbc:h2:mem:x

;
#1795258800130 | took 2ms | statement | connection 0| connection jdbc:h2:mem:x
select 2
select 2;
#1795258800131 | took 5ms | statement | connection 0| url jdbc:h2:mem:x
select 3
select 3;
"""
TYPEORM = """query: SELECT pg_sleep(0.05)
query is slow: SELECT pg_sleep(0.05)
query: STA]]CTION
execution time: 51
query: SELECT 1
"""
SLOW = """a line of the application
query is slow: SELECT 1
execution time: 51
query failed: SELECT nope
"""
ECHO = "".join(
    f"2026-11-21 {at},100 INFO sqlalchemy.engine.Engine {said}\n"
    for at, said in [
        ("02:51:01", "select 1"), ("02:51:01", "[raw sql] ()"),
        ("0x:51:02", "select 2"), ("02:51:02", "[raw sql] ()"),
        ("02:51:03", "select 3"), ("0x:51:03", "[raw sql] ()"),
        ("02:51:04", "select 4"), ("02:51:04", "[raw sql] ()"),
    ]
)  # fmt: skip
HIBERNATE = """2026-11-21T11:00:00.160Z INFO 1 --- [main] i.Listener : Session Metrics {
    12345 nanoseconds spent executing 1 flushes (flushing a total of 2 entities);
2026-11-21T11:00:00.170Z DEBUG 1 --- [main] org.hibernate.SQL : insert into x values (?)
    0 nanoseconds spent performing 0 L2C misses;
Hibernate: select 1
    2501000 nanoseconds spent executing 3 JDBC statements;
}
"""
DJANGO = """(0.001) SELECT 1; args=None; alias=default
(0.001) INSERT INTO t VALUES ('a
the factor (1.250) of it
b'); args=('a',); alias=default
(0.001) SELECT 2; args=None; alias=default
"""
LOGS = {
    "node": (node_postgres.FORMAT, NODE, 4),
    "p6spy": (p6spy.FORMAT, P6SPY, 2),
    "typeorm": (typeorm.FORMAT, TYPEORM, 2),
    "slow": (typeorm.FORMAT, SLOW, 1),
    "echo": (sqlalchemy_echo.FORMAT, ECHO, 4),
    "hibernate": (hibernate.FORMAT, HIBERNATE, 1),
    "django": (django.FORMAT, DJANGO, 3),
}


@pytest.mark.parametrize("size", [1, 60, 200])
@pytest.mark.parametrize("name", LOGS)
def test_a_damaged_log_gives_the_same_rows_wherever_it_is_cut(read, name, size):
    item, text, count = LOGS[name]
    whole, cut = read(item, text.encode()), read(item, text.encode(), size=size)
    assert whole.tables["queries"].num_rows == count
    for table in {*whole.tables, *cut.tables}:
        assert cut.tables[table].to_pylist() == whole.tables[table].to_pylist()
    assert (cut.irrelevant, cut.rejected_lines) == (whole.irrelevant, whole.rejected_lines)
