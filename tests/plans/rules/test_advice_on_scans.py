"""What the rules advise works: the finding is gone, and its test runs as it stands."""

import re

import pytest

BY_INDEX = ("enable_seqscan = off", "enable_bitmapscan = off")
INDEXED = {
    "select * from events where account = 5": (),
    "select * from events where account = 5 order by seen desc limit 10": (),
    "select * from events where owner = 7 and account = 57": BY_INDEX,
    "select * from events where kind = 'rare' order by at limit 10": (),
    "select min(at) from events where kind = 'rare'": (),
    "select * from events order by seen desc limit 10": (),
    "select * from events e join accounts a on a.id = e.account order by seen desc limit 10": (),
    "select * from events where lower(email) = 'user7@example.com'": (),
    "select * from events where date_trunc('day', seen) = '2025-02-03'": (),
    "select * from events where account = 5 or seen = '2025-03-01'": (),
    "select * from pairs where b = 77": BY_INDEX,
    "select a.*, (select count(*) from tiny t where t.name = a.name) from accounts a": (),
}
OTHERS = {
    "select count(*) from visits where id < 90000": BY_INDEX,
    "select count(note) from events where owner in (1, 2)": (
        "work_mem = '64kB'", "enable_seqscan = off", "enable_indexscan = off",
    ),
    "select * from events where code = 77::numeric": (),
    "select * from events where at::date = '2025-02-03'": (),
    "select * from logs where date_trunc('month', at) = '2025-03-01'": (),
    "select count(*) from unknown_rows": (),
    "select count(*) from emptied": (),
    "select * from events order by id offset 150000 limit 20": (),
}  # fmt: skip


def creates(fix):
    found = re.findall(r"(?m)^CREATE INDEX .*;$", fix.snippet)
    return [one.replace("CONCURRENTLY IF NOT EXISTS ", "") for one in found]


@pytest.mark.parametrize("sql", INDEXED)
def test_with_the_index_the_finding_is_gone(scans_told, scans_plan, scans_facts, sql):
    before = scans_plan(sql, *INDEXED[sql])
    (finding,) = scans_told(before, scans_facts("events", "accounts", "tiny", "pairs"))
    made = creates(finding.fix)
    assert made
    after = scans_plan(sql, *INDEXED[sql], first=(*made, "analyze events"))
    assert finding.rule not in [one.rule for one in scans_told(after)]
    assert after.execution_ms < before.execution_ms / 2
    assert before.execution_ms - after.execution_ms >= 0.5 * finding.saves_ms


@pytest.mark.parametrize("sql", OTHERS)
def test_the_test_of_a_finding_runs_as_it_stands(scans_engine, scans_told, scans_plan, sql):
    (finding,) = scans_told(scans_plan(sql, *OTHERS[sql]))
    assert finding.fix.test
    assert finding.reference
    with scans_engine.connect() as connection:
        cursor = connection.connection.cursor()
        cursor.execute(finding.fix.test.replace("%", "%%"))  # several statements, as psql would
        cursor.close()


@pytest.mark.parametrize("sql", INDEXED)
def test_the_hypothetical_index_is_named_in_a_test_to_paste(
    scans_told, scans_plan, scans_facts, sql
):
    known = scans_facts("events", "accounts", "tiny", "pairs")
    (finding,) = scans_told(scans_plan(sql, *INDEXED[sql]), known)
    assert "hypopg_create_index('CREATE INDEX" in finding.fix.test
    assert sql in finding.fix.test


def test_a_statement_for_the_column_s_own_type_is_right(scans_told, scans_plan):
    assert scans_told(scans_plan("select * from events where code = cast(77 as bigint)")) == []


def test_the_memory_asked_for_is_enough(scans_told, scans_plan):
    sql = "select count(note) from events where owner in (1, 2)"
    (finding,) = scans_told(scans_plan(sql, *OTHERS[sql]))
    setting = finding.fix.snippet.removeprefix("SET LOCAL ").removesuffix(";")
    assert scans_told(scans_plan(sql, *OTHERS[sql], setting)) == []
