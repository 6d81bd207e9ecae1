import dataclasses
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from perfkit.errors import TargetRefused, UsageError
from perfkit.probes import catalog
from perfkit.probes.catalog import StatisticsAge
from perfkit.probes.server import identify
from perfkit.probes.session import rolled_back
from perfkit.tasks.audit.drops import drops
from perfkit.tasks.index_audit import index_audit

OLD = StatisticsAge(datetime(2025, 1, 1, tzinfo=UTC), known=True, seconds=90 * 86_400)
YOUNG = StatisticsAge(datetime(2025, 1, 1, tzinfo=UTC), known=True, seconds=12 * 60)
SEARCH = "select * from orders where user_id = %s and status = %s order by created_at desc limit 20"


def execute(engine, sql, values, times=8):
    with engine.connect() as connection:
        for _ in range(times):
            connection.exec_driver_sql(sql, values).all()


@pytest.fixture
def slow(monkeypatch):
    """Let quick statements count as slow: the planted tables are small."""
    monkeypatch.setattr("perfkit.probes.slow_statements.LEAST_MS", 0.1)


def indexes(engine):
    with rolled_back("test", engine, timeout_s=10) as connection:
        return catalog.indexes(connection, identify(connection))


def dropped(engine, age=OLD):
    found = [dataclasses.replace(index, scans=index.scans or 1) for index in indexes(engine)]
    return {drop.index.name: drop.kind for drop in drops(found, age)}


def by_action(result, action):
    return result.table[result.table["action"] == action].set_index("index")


TWINS = """
create extension if not exists btree_gin;
create table t (id int primary key, a int, b int, c text, d text collate "C", u int unique,
                e int not null, excl int4range, exclude using gist (excl with &&));
insert into t select i, i, i % 10, 'c' || i, 'd' || i, i, i, null from generate_series(1, 20000) i;
create index a1 on t (a);
"""


IDENTITY = "create unique index x on t (e); alter table t replica identity using index x; "
REFERENCED = "create unique index x on t (e); create table r (e int references t (e)); "


@pytest.mark.parametrize(
    "twin",
    [
        "create index x on t (b)",
        "create index x on t using hash (a)",
        "create index x on t using brin (a)",
        "create index x on t using gin (a)",
        "create index x on t (a) where b = 3",
        "create index x on t (a) include (b)",
        "create unique index x on t (a)",
        "create index x on t ((a + 0))",
        "create index x on t (abs(a))",
        "create index x on t (b, a)",
        "create index y on t (c); create index x on t (c text_pattern_ops)",
        'create index y on t (c); create index x on t (c collate "C")',
        'create index y on t (d); create index x on t (d collate "POSIX")',
        "create index y on t (a, b); create index x on t (a, b desc); drop index a1",
        "create index y on t (a, b); create index x on t (a nulls first, b); drop index a1",
        "create index y on t (b, a); create index x on t (b) where c > 'x'",
        "create index y on t (b, a); create index x on t (b) include (c)",
        "create index y on t (b, a); create unique index x on t (id, b)",
        "create unique index y on t (e, b); create unique index x on t (e)",
        IDENTITY + "create index y on t (e, a)",
        REFERENCED + "create unique index y on t (e, a)",
    ],
)  # fmt: skip
def test_indexes_that_only_look_alike_are_not_dropped(audited, twin):
    engine = audited(TWINS + twin)
    gone = dropped(engine)
    assert "x" not in gone
    assert not {"t_pkey", "t_u_key", "t_excl_excl", "users_pkey", "users_email_key"} & set(gone)


@pytest.mark.parametrize(
    ("twin", "gone"),
    [
        ("create index x on t (a)", {"x": "duplicate"}),
        ("create index x on t (id)", {"x": "duplicate"}),
        ("create unique index x on t (u)", {"x": "duplicate"}),
        ("create index x on t (a desc)", {"x": "duplicate"}),
        ("create index x on t (a nulls first)", {}),
        ("create index y on t (a desc, b); create index x on t (a, b desc)",
         {"y": "duplicate", "a1": "redundant"}),
        ("create index y on t (a) where b = 3; create index x on t (a) where b = 3",
         {"x": "duplicate"}),
        ("create index y on t (a) include (b, c); create index x on t (a) include (c, b)",
         {"x": "duplicate", "a1": "redundant"}),
        ("create index x on t (a, b)", {"a1": "redundant"}),
        ("create index x on t (a, b); create index y on t (a, b, c)",
         {"a1": "redundant", "x": "redundant"}),
        ("create index x on t (a desc, b)", {"a1": "redundant"}),
        ("create index y on t (b) include (a); create index x on t (b, a)", {"y": "redundant"}),
        ("create index y on t (lower(c)); create index x on t (lower(c), a)",
         {"y": "redundant"}),
    ],
)  # fmt: skip
def test_duplicates_and_prefixes_are_dropped_and_one_of_them_stays(audited, twin, gone):
    found = dropped(audited(TWINS + twin))
    assert sorted(found.values()) == sorted(gone.values())  # of two twins either may go
    assert {n for n in found if n == "a1"} == {n for n in gone if n == "a1"}


def test_what_an_index_is_dropped_for_is_never_dropped_itself(audited):
    engine = audited(TWINS + "create index x on t (a, b); create index y on t (a, b, c)")
    for age in (OLD, YOUNG):
        for scans in (0, 5):
            found = [dataclasses.replace(index, scans=scans) for index in indexes(engine)]
            result = drops(found, age)
            gone = {drop.index.name for drop in result}
            assert not gone & {drop.kept.name for drop in result if drop.kept}


def test_an_invalid_index_replaces_no_other(audited):
    engine = audited(TWINS + "create index x on t (a, b)")
    with engine.connect() as connection:
        connection.exec_driver_sql(
            "update pg_index set indisvalid = false where indexrelid = 'x'::regclass"
        )
    assert dropped(engine) == {}


UNUSED = """
create index orders_note_idx on orders (note);
create index orders_user on orders (user_id);
create unique index users_name on users (id, name);
create table tiny (a int); create index tiny_a on tiny (a);
"""


def test_an_index_never_scanned_is_listed_and_young_statistics_are_no_evidence(audited):
    result = index_audit(audited(UNUSED))
    drop = by_action(result, "keep")
    # not: the one that a foreign key needs, unique ones, constraints, indexes of a few pages
    assert set(drop.index) == {"orders_note_idx", "users_pkey"}  # the key looks like a prefix
    row = drop.loc["orders_note_idx"]
    assert "never scanned" in row["reason"]
    assert "not enough evidence" in row["reason"]
    assert row["confidence"] == "low"
    assert not row["proven"]
    assert row["size_bytes"] > 64 * 1024
    (finding,) = result.findings
    assert finding.severity == "info"
    assert finding.fix.text.startswith("Do not drop it yet")
    assert "DROP INDEX CONCURRENTLY IF EXISTS public.orders_note_idx;" in finding.fix.snippet
    assert "CREATE INDEX CONCURRENTLY orders_note_idx ON public.orders" in finding.fix.snippet
    assert any("on a standby" in note for note in result.caveats)


def test_after_a_month_an_unused_index_may_go(audited):
    (drop,) = drops(indexes(audited(UNUSED)), OLD)
    assert (drop.index.name, drop.kind, drop.enough) == ("orders_note_idx", "unused", True)
    assert drop.reason == "never scanned on this server in 90 days"


def test_an_index_that_was_scanned_is_kept(audited):
    engine = audited(UNUSED)
    with engine.connect() as connection:
        connection.exec_driver_sql("set enable_seqscan = off")
        connection.exec_driver_sql("select * from orders where note = 'x'").all()
        connection.exec_driver_sql("select pg_stat_force_next_flush()")
        connection.exec_driver_sql("reset all")
    assert set(index_audit(engine).table["action"]) <= {"keep"}


STATEMENTS = "create extension if not exists pg_stat_statements; select pg_stat_statements_reset();"


@pytest.mark.usefixtures("slow")
def test_a_slow_search_gets_its_composite_index_proven_by_building_it(audited):
    engine = audited(STATEMENTS)
    execute(engine, SEARCH, (42, "paid"))
    before = {index.name for index in indexes(engine)}
    result = index_audit(engine, prove=True, expendable=True)
    row = by_action(result, "create").loc["orders_user_id_status_created_at_idx"]
    assert row["columns"] == "user_id, status, created_at DESC"
    assert row["proven"]
    assert row["after_ms"] < row["before_ms"]
    assert row["saves_ms"] > row["before_ms"] / 2
    assert row["calls"] == 8
    assert row["size_bytes"] > 0
    finding = result.findings[0]
    assert finding.rule == "missing-index"
    assert finding.confidence == "high"
    assert finding.saves_times == 8
    assert {index.name for index in indexes(engine)} == before
    assert result.figure.data[0].text[0].endswith("proven")


@pytest.mark.usefixtures("slow")
def test_without_prove_a_proposal_is_called_not_proven_and_nothing_is_built(audited):
    engine = audited(STATEMENTS)
    execute(engine, SEARCH, (42, "paid"))
    result = index_audit(engine)
    row = by_action(result, "create").loc["orders_user_id_status_created_at_idx"]
    assert not row["proven"]
    assert result.findings[0].confidence == "medium"
    assert "Not proven" in result.findings[0].fix.text
    assert "CREATE INDEX CONCURRENTLY IF NOT EXISTS" in result.findings[0].fix.snippet


@pytest.mark.usefixtures("slow")
@pytest.mark.parametrize(
    ("sql", "values"),
    [
        ("select * from orders where id = %s", (5,)),
        ("select * from orders", ()),
        ("select * from orders where total > %s", (3,)),
        ("select count(*) from orders where status = %s", ("done",)),
        ("select * from users where name like %s", ("User 1%",)),
        ("select * from orders where length(note) > %s", (3,)),
        ("update orders set note = note where id = %s returning id", (3,)),
    ],
)
def test_statements_that_no_index_helps_get_no_proposal(audited, sql, values):
    engine = audited(STATEMENTS)
    execute(engine, sql, values)
    assert by_action(index_audit(engine), "create").empty


@pytest.mark.usefixtures("slow")
def test_an_index_that_is_there_is_not_proposed_again(audited):
    engine = audited(STATEMENTS + "create index i on orders (status, user_id, created_at);")
    execute(engine, SEARCH, (42, "paid"))
    assert by_action(index_audit(engine), "create").empty


def test_prove_is_refused_where_nothing_says_that_it_may_build(audited):
    engine = audited("alter database perfkit_audit set perfkit.lab = 'off';")
    with engine.connect() as connection:
        connection.invalidate()
    with pytest.raises(TargetRefused, match="prove=True builds indexes"):
        index_audit(engine, prove=True)


def test_the_lab_says_so_itself_and_needs_no_further_word(audited):
    engine = audited("alter database perfkit_audit set perfkit.lab = 'on';")
    with engine.connect() as connection:
        connection.invalidate()
    assert index_audit(engine, prove=True).totals["create"] == 0


def test_without_pg_stat_statements_the_lines_that_enable_it_are_said(audited):
    result = index_audit(audited("drop extension if exists pg_stat_statements;"))
    assert any("CREATE EXTENSION pg_stat_statements" in note for note in result.caveats)


def test_an_ordinary_role_can_audit_and_is_told_what_it_does_not_see(audited, lab_server):
    engine = audited(STATEMENTS + UNUSED)
    execute(engine, "select pg_sleep(0.021)", (), times=5)
    with engine.connect() as connection:
        connection.exec_driver_sql("drop role if exists perfkit_ordinary")
        connection.exec_driver_sql("create role perfkit_ordinary login")
    url = sa.make_url(lab_server.url("perfkit_audit")).set(username="perfkit_ordinary")
    try:
        result = index_audit(url.render_as_string())
    finally:
        with engine.connect() as connection:
            connection.exec_driver_sql("drop role perfkit_ordinary")
    assert "orders_note_idx" in set(by_action(result, "keep").index)
    assert any("pg_read_all_stats" in note for note in result.caveats)


def test_hostile_names_stay_names(audited):
    engine = audited(
        STATEMENTS + 'create table "t""; drop table users; --" ("a""b" text); '
        'insert into "t""; drop table users; --" select i from generate_series(1, 20000) i;'
        'create index "<i>" on "t""; drop table users; --" ("a""b"); '
        'create index "<j>" on "t""; drop table users; --" ("a""b");'
    )
    result = index_audit(engine)
    (finding,) = (f for f in result.findings if f.rule == "duplicate-index")
    with engine.connect() as connection:
        connection.exec_driver_sql(
            finding.fix.snippet.splitlines()[0], execution_options={"no_parameters": True}
        )
        assert connection.exec_driver_sql("select count(*) from users").scalar() == 2000
    assert "<i>" not in result.to_html()


def test_a_database_without_indexes_to_change_says_what_was_checked(audited):
    result = index_audit(audited())
    assert result.table.empty
    assert result.headline.endswith("none to create, none to drop.")
    assert len(result.checked) == 2
    assert len(result.figure.data[0].x) == 0


def test_other_databases_are_answered_in_a_sentence():
    with pytest.raises(UsageError, match="sqlite"):
        index_audit("sqlite://")
