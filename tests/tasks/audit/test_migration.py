"""The file that an audit proposes, run for real on a server, forwards and back."""

import pytest

from perfkit.tasks.audit.advice import Advice
from perfkit.tasks.audit.migration import migration
from perfkit.tasks.index_audit import index_audit

PLANTED = """
create table sales (id bigint primary key, customer int, state text, total int, note text);
insert into sales select i, i % 500, case when i % 40 = 0 then 'open' else 'done' end, i, 'n' || i
from generate_series(1, 20000) i;
create index sales_customer on sales (customer);
create index sales_customer_total on sales (customer, total) include (state) with (fillfactor = 80);
create unique index sales_id_again on sales (id desc);
create index sales_open on sales (lower(note) text_pattern_ops, total desc nulls last)
    where state = 'open' and total > 3;
create index sales_open_2 on sales (lower(note) text_pattern_ops, total desc nulls last)
    where 3 < total and state = 'open';
create index sales_by_customer on sales (customer, total, id); cluster sales using sales_customer;
"""
HOSTILE = """
create schema "Ev""il; --\n<b>%s"; set search_path to "Ev""il; --\n<b>%s";
create table "or\nd""ers; drop table users; --" ("a  b\n" int, "c\\" text, "where" int);
insert into "or\nd""ers; drop table users; --"
select i, 'x', i % 9 from generate_series(1, 20000) i;
create index "in\ndex 'one' \u2028 <script>" on "or\nd""ers; drop table users; --" ("a  b\n");
create index "in\ndex 'two' \\" on "or\nd""ers; drop table users; --" ("a  b\n", "c\\")
    where "c\\" <> E'it''s\n\\\\; drop table users; --';
create index "in\ndex 3" on "or\nd""ers; drop table users; --" ("a  b\n", "c\\")
    where E'it''s\n\\\\; drop table users; --' <> "c\\";
create index "in\ndex 4" on "or\nd""ers; drop table users; --" ("a  b\n", "where" desc);
"""
PARTS = """
create table ev (id int, at date, kind text) partition by range (at);
create table "ev\n1" partition of ev for values from ('2025-01-01') to ('2025-02-01');
create table ev2 partition of ev for values from ('2025-02-01') to ('2025-03-01')
    partition by list (kind);
create table ev2a partition of ev2 default;
insert into ev select i, date '2025-01-01' + i % 59, 'k' from generate_series(1, 20000) i;
create index ev_id on ev (id); create index ev_id_kind on ev (id, kind);
alter index "ev\n1_id_idx" rename to "its own\nname";
create index own on "ev\n1" (id desc, kind desc); create index own2 on ev2a (at); create index own3
on ev2a (at, id);
"""
INVALID = """
create table broken (a int, b int); insert into broken select i, i from generate_series(1, 9) i;
create index broken_a on broken (a); create index broken_a_ccnew on broken (a);
create index broken_b on broken (b); create unique index broken_twice on broken (b, a);
update pg_index set indisvalid = false
where indexrelid in ('broken_a_ccnew'::regclass, 'broken_b'::regclass, 'broken_twice'::regclass);
"""
MORE = """
update pg_index set indisready = false where indexrelid = 'broken_twice'::regclass;
insert into broken values (1, 1);
"""
SCHEMAS = {"planted": PLANTED, "hostile": HOSTILE, "parts": PARTS, "invalid": INVALID}
DEFINITIONS = (
    "select schemaname, tablename, indexname, indexdef, "
    "(select array_agg(inhparent::regclass::text) from pg_inherits where inhrelid = c.oid), "
    "i.indisvalid, i.indisclustered from pg_indexes x join pg_namespace n on nspname = schemaname "
    "join pg_class c on c.relname = indexname and c.relnamespace = n.oid "
    "join pg_index i on i.indexrelid = c.oid where schemaname !~ '^pg_' order by 1, 2, 3"
)


def definitions(engine):
    with engine.connect() as connection:
        options = {"no_parameters": True}
        return connection.exec_driver_sql(DEFINITIONS, execution_options=options).all()


def run(engine, statements):
    with engine.connect() as connection:  # AUTOCOMMIT: each statement alone, as psql sends them
        for statement in statements:
            connection.exec_driver_sql(statement, execution_options={"no_parameters": True})


def active(text):
    return [line for line in text.splitlines() if line and not line.startswith("--")]


def undo(text):
    """Return the statements that take the active ones back, the last block's first."""
    blocks = []
    for block in text.split("\n\n"):
        if active(block) and "-- undo:" in block:
            after = block[block.index("-- undo:") :].split("\n")
            blocks.append([line.removeprefix("-- undo:").removeprefix("--") for line in after])
    return [line for block in reversed(blocks) for line in block]


def as_psql_sees(text):
    """A line of psql's ends at LF or CR, nowhere else."""
    return text.replace("\r", "\n").split("\n")


@pytest.mark.parametrize("style", SCHEMAS)
def test_every_active_line_runs_and_its_undo_brings_the_same_definitions_back(audited, style):
    engine = audited(SCHEMAS[style])
    result = index_audit(engine)
    text = result.migration()
    before = definitions(engine)
    statements = active(text)
    assert [line for line in as_psql_sees(text) if line and line[:2] != "--"] == statements
    run(engine, statements)
    gone = [a for a in result.advices if a.action == "drop" and a.proven and a.enough]
    assert len(gone) >= {"planted": 3, "hostile": 2, "parts": 3, "invalid": 1}[style]
    names = {(row[0], row[2]) for row in definitions(engine)}
    assert not names & {(advice.schema, advice.index) for advice in gone}
    with engine.connect() as connection:
        assert connection.exec_driver_sql("select count(*) from public.users").scalar() == 2000
    taking_back = result.undo()
    assert active(taking_back)[2:] == [line.strip() for line in undo(text) if line.strip()]
    run(engine, active(taking_back))
    after = definitions(engine)
    rebuilt = {advice.index for advice in result.advices if advice.kind == "invalid-index"}
    assert [row for row in after if row[2] not in rebuilt] == [
        row for row in before if row[2] not in rebuilt
    ]


def test_a_second_run_passes_over_what_is_done(audited):
    engine = audited(PLANTED)
    statements = active(index_audit(engine).migration())
    run(engine, statements)
    before = definitions(engine)
    run(engine, statements)
    assert definitions(engine) == before


@pytest.mark.parametrize("style", SCHEMAS)
def test_after_the_migration_nothing_of_it_is_asked_for_again(audited, style):
    engine = audited(SCHEMAS[style])
    run(engine, active(index_audit(engine).migration()))
    assert active(index_audit(engine).migration())[2:] == []


def test_what_was_invalid_is_valid_or_gone_and_duplicates_stop_nothing(audited):
    engine = audited(INVALID + MORE)
    text = index_audit(engine).migration()
    run(engine, active(text))
    left = {row[2]: row[5] for row in definitions(engine) if row[1] == "broken"}
    assert left == {"broken_a": True, "broken_b": True, "broken_twice": False}
    assert "-- REINDEX INDEX CONCURRENTLY public.broken_twice;" in text
    assert "duplicates" in text


def test_names_stay_inside_the_page_as_well(audited):
    result = index_audit(audited(HOSTILE))
    assert "<script>" not in result.to_html()
    assert "<b>" not in result.to_html()
    assert "\u2028 <script>" not in result.to_text().replace("\\u2028", "")


def advice(action="drop", **more):
    facts = {"kind": "duplicate-index", "schema": "s", "table": "t", "title": "why\nnot",
             "reason": "why", "do": "DROP INDEX a;", "undo": "CREATE INDEX a ON t (b);",
             "proven": True}  # fmt: skip
    return Advice(action=action, **(facts | more))


def test_sections_come_in_order_and_keep_is_none(tmp_path):
    every = [advice(action, do=f"DO {action};") for action in
             ("keep", "drop", "rebuild", "replace", "create", "look")]  # fmt: skip
    text = migration(every, title="shop", facts=["one\nfact"])
    assert active(text)[2:] == [
        "DO look;", "DO create;", "DO replace;", "DO rebuild;", "DO drop;",
    ]  # fmt: skip
    assert "-- one fact\n" in text
    assert "-- why not\n" in text
    path = tmp_path / "m.sql"
    path.write_text(text)
    assert text.endswith("\n")


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"proven": False}, "-- not proven\n"),
        ({"enough": False}, "-- not enough evidence\n"),
        ({"proven": False, "check": "this"}, "-- not proven; make sure: this\n"),
    ],
)
def test_what_is_not_proven_is_a_comment(more, said):
    text = migration([advice(**more)], title="t", facts=[])
    assert active(text)[2:] == []
    assert said in text
    assert "-- DROP INDEX a;\n" in text


def test_an_active_line_says_what_to_make_sure_of_before():
    text = migration([advice(check="nobody builds it")], title="t", facts=[])
    assert "-- make sure: nobody builds it\nDROP INDEX a;\n" in text
