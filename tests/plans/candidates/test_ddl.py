import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.errors import UsageError
from perfkit.plans.candidates.ddl import parse
from perfkit.plans.postgres_sql import code


@pytest.mark.parametrize(
    ("text", "rebuilt"),
    [
        ("create index on t (user_id)", "CREATE INDEX t_user_id_idx ON t (user_id);"),
        ('CREATE INDEX concurrently if not exists "My x" on only "S h"."T" ("A b" desc, c);;',
         'CREATE INDEX "My x" ON "S h"."T" ("A b" DESC, c);'),
        ("create unique index u on t using btree (a asc nulls first, b desc nulls last)",
         "CREATE UNIQUE INDEX u ON t (a NULLS FIRST, b DESC NULLS LAST);"),
        ("create index i on t (a desc nulls first)", "CREATE INDEX i ON t (a DESC);"),
        ("create index i on t (lower(name), (a->>'k'), ((b + 1)), (c))",
         "CREATE INDEX i ON t ((lower(name)), (a ->> 'k'), (b + 1), c);"),
        ('create index i on t using gin (doc gin_trgm_ops, "Ops" public."My_ops")',
         'CREATE INDEX i ON t USING gin (doc gin_trgm_ops, "Ops" public."My_ops");'),
        ('create index i on t (a collate "C" text_pattern_ops desc)',
         'CREATE INDEX i ON t (a COLLATE "C" text_pattern_ops DESC);'),
        (('create index i on t (a) include (b, "C") with (fillfactor = 70) '
         "where state = 'new' and b is null"),
         ('CREATE INDEX i ON t (a) INCLUDE (b, "C") WITH (fillfactor = 70) '
         "WHERE state = 'new' and b is null;")),
        ("create index i on t using brin (at) with (pages_per_range=32)",
         "CREATE INDEX i ON t USING brin (at) WITH (pages_per_range = 32);"),
        ("create index i on t using gist (x gist_trgm_ops(siglen=32)) /* why */ -- so",
         "CREATE INDEX i ON t USING gist (x gist_trgm_ops (siglen = 32));"),
        ("create index i on t (date_trunc('day', at), my.f(x))",
         "CREATE INDEX i ON t ((date_trunc('day', at)), (my.f(x)));"),
    ],
)  # fmt: skip
def test_what_is_read_is_written_again(text, rebuilt):
    assert parse(text).sql(concurrently=False) == rebuilt
    assert parse(rebuilt).sql(concurrently=False) == rebuilt


def test_a_tablespace_is_left_out_and_said():
    found = parse("create index i on t (a) tablespace fast where a > 1")
    assert "fast" not in found.sql(concurrently=False)
    assert found.notes == ("TABLESPACE fast is left out.",)


@pytest.mark.parametrize(
    "text",
    [
        "",
        ";",
        "drop table orders",
        "create table t (a int)",
        "create index i on t (a); drop table t",
        "create index i on t (a) where a = 1; select 1",
        "create index i on t",
        "create index i on t ()",
        "create index i on t (a",
        "create index i on t (a))",
        "create index i on t (a) where",
        "create index i on t (a) where (select 1) = 1",
        "create index i on t ((select pg_sleep(9)))",
        "create index i on t (a) where a = $1",
        "create index i on t (a) where a = :b",
        "create index i on t (a) where 'open",
        'create index i on t ("open)',
        "create index i on t (a) where a = $$open",
        "create index i on t using evil (a)",
        "create index i on t (a.b)",
        "create index i on t (a b c)",
        "create index i on t (a) include ((b))",
        "create index i on t (a) with (fillfactor = (1))",
        "create index i on t (a) with (f(x))",
        "create index i on t (a) nulls not distinct",
        "create index i on t (a) cascade",
        "create index i on t (a,)",
        "create index i on t (a nulls)",
        "create index i on t (a\0)",
        "create index " + "i" * 20_000,
        "explain create index i on t (a)",
        "alter index i rename to j",
    ],
)
def test_anything_else_is_refused_in_one_sentence(text):
    with pytest.raises(UsageError) as error:
        parse(text)
    assert error.value.message.startswith("index: ")
    assert error.value.hint
    assert "\n" not in error.value.message


PIECES = st.sampled_from(
    ["create ", "index ", "on ", "t", " (", ")", "a", ",", ";", "'", '"', "$$", "--", "/*", "*/",
     "where ", "include", "using gin", " desc", "::", "=", "select ", "\n", "drop table x", "1",
     "collate ", "with ", "E'\\'", 'U&"', "u&'", "\\"]
)  # fmt: skip


@given(st.lists(PIECES, max_size=25).map(lambda more: "create index i on t (a" + "".join(more)))
def test_whatever_is_accepted_is_one_create_index(text):
    try:
        made = parse(text).sql(concurrently=False)
    except UsageError:
        return
    tokens = code(made)
    assert [token.text for token in tokens[:2]] == ["CREATE", "INDEX"]
    assert [token.text for token in tokens].count(";") == 1
    assert tokens[-1].text == ";"


@pytest.mark.parametrize(
    "text",
    [
        "create index on orders (user_id, created_at desc nulls last) where status = 'pending'",
        "create index on orders (lower(note), (total + 1), (at::date)) include (status)",
        "create index on events using gin (data jsonb_path_ops) with (fastupdate = off)",
        'create unique index "Odd ""name" on orders (id, user_id) with (fillfactor = 50)',
        'create index on users (name collate "C" text_pattern_ops)',
        "create index on events using brin (happened_at) with (pages_per_range = 16)",
    ],
)  # fmt: skip
def test_the_server_builds_what_was_read(advised_engine, text):
    made = parse(text)
    with advised_engine.connect() as plain:
        connection = plain.execution_options(isolation_level="READ COMMITTED")
        try:
            ours, theirs = (
                _definition(connection, sql) for sql in (made.sql(concurrently=False), text)
            )
        finally:
            connection.rollback()
    assert ours == theirs


def _definition(connection, sql):
    """Build the index, return how the server prints it without its name, and drop it again."""
    raw = {"no_parameters": True}
    connection.exec_driver_sql("savepoint before", execution_options=raw)
    connection.exec_driver_sql(sql, execution_options=raw)
    found = connection.exec_driver_sql(
        "select pg_get_indexdef(max(indexrelid)) from pg_index", execution_options=raw
    ).scalar_one()
    connection.exec_driver_sql("rollback to before", execution_options=raw)
    return found.split(" ON ", 1)[1]
