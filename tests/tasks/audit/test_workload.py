import pandas as pd
import pytest
import sqlalchemy as sa

import perfkit
from perfkit.probes.session import rolled_back
from perfkit.probes.slow_statements import Write
from perfkit.tasks.audit.workload import Asked, Load, load


def made(*rows):
    frame = pd.DataFrame(
        [
            {"statement": sql, "parameters": values, "duration_ms": ms, "system": "postgresql"}
            for sql, values, ms, times in rows
            for _ in range(times)
        ]
    )
    return perfkit.Recording.from_frames(queries=frame)


def read(rec, limit=10):
    return load(None, rec, limit=limit)


SELECT = ("select * from o where a = $1", "$1 = '7'", 20.0, 4)


def test_a_recording_gives_statements_with_values_calls_and_times():
    found = read(made(SELECT))
    (asked,) = found.statements
    assert (asked.text, asked.calls, asked.mean_ms) == (SELECT[0], 4, 20.0)
    assert asked.values == {"1": "7"}  # noqa: PD011 - no frame
    assert asked.total_ms == 80.0
    assert asked.example
    assert found.source == "the recording"
    assert found.least_calls == 2


@pytest.mark.parametrize(
    ("sql", "times", "ms", "found"),
    [
        ("select 1 from o where b = 2", 2, 5.0, 1),
        ("select 1 from o where b = 2", 1, 5.0, 0),
        ("select 1 from o where b = 2", 9, 0.5, 0),
        ("/* x */ (select 1 from o)", 2, 5.0, 1),
        ("-- x\nwith a as (select 1) select * from a", 2, 5.0, 1),
        ("vacuum o", 2, 5.0, 0),
        ("commit", 2, 5.0, 0),
        ("", 2, 5.0, 0),
        ("update o set a = 1", 2, 5.0, 1),
    ],
)
def test_only_what_can_be_planned_is_slow_and_comes_again_counts(sql, times, ms, found):
    statements = read(made(SELECT, (sql, None, ms, times))).statements
    assert len(statements) == 1 + found


def test_utilities_take_no_place_and_the_limit_holds():
    utilities = [(f"vacuum t{number}", None, 900.0, 3) for number in range(3)]
    others = [(f"select {column} from o", None, 9.0, 3) for column in "abc"]
    assert len(read(made(*utilities, *others), limit=2).statements) == 2


def inserts(*writes):
    return Load(statements=(), caveats=(), source="", writes=[Write(*write) for write in writes])


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        ("insert into orders (a) values ($1)", 50),
        ("INSERT INTO shop.orders values ($1)", 50),
        ('insert into "shop" . "orders" values ($1)', 50),
        ("/* x */ insert into orders select 1", 50),
        ("insert into archive.orders values ($1)", 0),
        ("insert into orders2 values ($1)", 0),
        ("insert into 'x'", 0),
        ("insert", 0),
        ("update orders set a = 1", 0),
    ],
)
def test_inserted_rows_are_those_of_the_table_and_not_of_its_namesake(sql, rows):
    assert inserts((sql, 5, 50)).inserted("shop", "orders") == rows


def test_updates_are_found_behind_comments():
    found = inserts(("-- a\nupdate o set a = 1", 3, 3), ("insert into o select 1", 3, 3)).updates
    assert [write.calls for write in found] == [3]


def test_without_a_recording_the_servers_own_counters_count(audited):
    engine = audited("create extension if not exists pg_stat_statements;")
    with engine.connect() as connection:
        connection.exec_driver_sql("select pg_stat_statements_reset()")
        for number in range(6):
            connection.execute(sa.text("insert into users values (:i, :e)"),
                               {"i": 9000 + number, "e": str(number)})  # fmt: skip
            connection.exec_driver_sql("select pg_sleep(0.003)")
    with rolled_back("test", engine, timeout_s=10) as connection:
        found = load(connection, None, limit=5)
    assert found.source == "pg_stat_statements"
    assert found.inserted("public", "users") == 6
    (asked,) = found.statements
    assert asked == Asked(text="select pg_sleep($1)", calls=6, mean_ms=asked.mean_ms)
