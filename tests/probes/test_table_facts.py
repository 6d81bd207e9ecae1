import pytest
import sqlalchemy as sa

from perfkit.plans.facts import Facts, Partition
from perfkit.probes.server import identify
from perfkit.probes.table_facts import table_facts

SCHEMA = """
drop schema if exists "We ird" cascade; create schema "We ird";
drop role if exists facts_reader; create role facts_reader;
create table "We ird".users (id int primary key);
create table "We ird"."Od""d" (
    "A b" text collate "C", n int references "We ird".users, tags text[], v varchar(10),
    words tsvector, gone int, d date not null, secret text) with (fillfactor = 80);
alter table "We ird"."Od""d" drop column gone;
create index mixed on "We ird"."Od""d"
    (lower("A b"), n desc nulls last, v varchar_pattern_ops, v collate "POSIX")
    include (d) where n > 5;
create index plain on "We ird"."Od""d" ("A b", n);
insert into "We ird".users select generate_series(1, 1000);
insert into "We ird"."Od""d"
select 'x,{y}', 1 + i % 1000, array['a', 'b,c'], 'v' || i % 4, to_tsvector('english', 'word'),
       date '2025-01-01' + i % 100, 'hidden' from generate_series(1, 2000) i;
create table "We ird".log (id int, at date) partition by range (at);
create table "We ird".log_a partition of "We ird".log
    for values from ('2020-01-01') to ('2021-01-01');
create table "We ird".log_b partition of "We ird".log
    for values from ('2021-01-01') to ('2022-01-01') partition by range (id);
create table "We ird".log_b_1 partition of "We ird".log_b for values from (0) to (9999);
create index on "We ird".log (at);
insert into "We ird".log select i, '2021-03-03' from generate_series(1, 900) i;
create table "We ird".fresh (id int);
create function "We ird".fixed(int) returns int immutable language sql as 'select 1';
create function public.facts_fixed(int) returns int immutable language sql as 'select 1';
create function public.facts_moody(int) returns int immutable language sql as 'select 1';
create function public.facts_moody(text) returns int volatile language sql as 'select 1';
analyze "We ird"."Od""d", "We ird".users, "We ird".log;
grant usage on schema "We ird" to facts_reader;
grant select ("A b", n) on "We ird"."Od""d" to facts_reader;
"""
ODD = ("We ird", 'Od"d')


@pytest.fixture(scope="module")
def connection(postgres):
    admin = sa.create_engine(postgres.url("postgres"), isolation_level="AUTOCOMMIT")
    with admin.connect() as plain:
        plain.exec_driver_sql("drop database if exists table_facts with (force)")
        plain.exec_driver_sql("create database table_facts")
    engine = sa.create_engine(postgres.url("table_facts"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(SCHEMA, execution_options={"no_parameters": True})
        yield connection
    engine.dispose()
    with admin.connect() as plain:
        plain.exec_driver_sql("drop database table_facts with (force)")
        plain.exec_driver_sql("drop role if exists facts_reader")
    admin.dispose()


@pytest.fixture(scope="module")
def facts(connection):
    pairs = [ODD, ("We ird", "log_b_1"), ("We ird", "fresh"), ("nowhere", "x' or '1'='1")]
    return table_facts(connection, identify(connection), pairs)


def test_sizes_are_those_of_the_catalogue(facts):
    odd = facts.tables[ODD]
    assert (odd.rows, odd.fillfactor, odd.partitioned, odd.parent) == (2000, 80, False, None)
    assert odd.pages > 10
    assert 0.0 <= odd.visible_share <= 1.0
    assert odd.analyzed.tzinfo is not None
    assert odd.foreign_keys == (("n",),)


def test_a_table_that_was_never_analysed_has_unknown_rows_and_its_real_pages(facts):
    fresh = facts.tables["We ird", "fresh"]
    assert (fresh.rows, fresh.pages, fresh.visible_share, fresh.analyzed) == (None, 0, None, None)


def test_columns_come_with_type_and_statistics_and_without_those_dropped(facts):
    columns = facts.tables[ODD].columns
    assert list(columns) == ["A b", "n", "tags", "v", "words", "d", "secret"]
    assert (columns["v"].type, columns["tags"].type) == ("character varying(10)", "text[]")
    assert (columns["d"].not_null, columns["n"].not_null) == (True, False)
    assert columns["A b"].common == ("x,{y}",)
    assert columns["A b"].shares == (1.0,)
    assert set(columns["v"].common) == {"v0", "v1", "v2", "v3"}
    assert columns["n"].distinct == -0.5
    assert columns["n"].null_share == 0.0
    assert columns["n"].width_bytes == 4
    assert len(columns["n"].bounds) > 50
    assert dict(zip(columns["tags"].elements, columns["tags"].element_shares, strict=True)) == {
        "a": 1.0,
        "b,c": 1.0,
    }


def test_only_text_that_sorts_by_bytes_serves_like_without_an_operator_class(facts):
    columns = facts.tables[ODD].columns
    assert (columns["A b"].by_bytes, columns["n"].by_bytes) == (True, None)
    assert columns["v"].by_bytes is False  # the database's own collation is en_US or C.UTF-8
    assert (columns["A b"].collation, columns["n"].collation) == ("C", "")
    assert columns["v"].collation == ""


def test_an_index_comes_with_everything_that_tells_it_from_its_twins(facts):
    mixed, plain = facts.tables[ODD].indexes
    assert mixed.keys == ('lower("A b")', "n", "v", "v")
    assert mixed.descending == (False, True, False, False)
    assert mixed.nulls_first == (False, False, False, False)
    assert mixed.classes == ("", "", "varchar_pattern_ops", "")
    assert mixed.collations == ("C", "", "", "POSIX")
    assert (mixed.included, mixed.predicate) == (("d",), "(n > 5)")
    assert plain.keys == ('"A b"', "n")
    assert (plain.collations, plain.classes, plain.predicate) == (("", ""), ("", ""), None)
    assert plain.definition.startswith("CREATE INDEX plain ON ")
    assert plain.size_bytes > 0
    assert (plain.valid, plain.unique, plain.constrained) == (True, False, False)


def test_a_partition_brings_its_parents_with_the_sums_of_their_leaves(facts):
    part, middle, whole = (facts.tables["We ird", name] for name in ("log_b_1", "log_b", "log"))
    assert part.parent == ("We ird", "log_b")
    assert middle.parent == ("We ird", "log")
    leaf = Partition("We ird", "log_b_1")
    assert whole.partitions == (
        Partition("We ird", "log_a"),
        Partition("We ird", "log_b", (leaf,)),
    )
    assert (whole.partitioned, part.partitioned) == (True, False)
    assert (whole.rows, whole.pages) == (part.rows, part.pages)
    assert whole.columns["at"].common == ("2021-03-03",)
    assert ("We ird", "log_a") not in facts.tables


def test_what_is_no_table_is_left_out(facts):
    assert ("nowhere", "x' or '1'='1") not in facts.tables


def test_functions_count_as_immutable_if_every_visible_overload_is(facts):
    assert {"lower", "abs", "facts_fixed"} <= facts.immutable
    assert not {"now", "random", "date", "date_trunc", "facts_moody", "fixed"} & facts.immutable
    assert "plpgsql" in facts.extensions


def test_an_ordinary_role_learns_what_it_may_and_the_rest_is_unknown(connection):
    connection.exec_driver_sql("set role facts_reader")
    try:
        found = table_facts(connection, identify(connection), [ODD]).tables[ODD]
    finally:
        connection.exec_driver_sql("reset role")
    assert found.rows == 2000
    assert len(found.indexes) == 2
    assert found.columns["n"].distinct == -0.5
    assert found.columns["secret"].distinct is None
    assert found.columns["secret"].common == ()


def test_nothing_asked_is_nothing_known_of_tables(connection):
    assert table_facts(connection, identify(connection), []).tables == Facts().tables
