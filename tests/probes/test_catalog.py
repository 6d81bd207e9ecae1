from dataclasses import replace
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from perfkit.probes import catalog
from perfkit.probes.catalog import Index, Key, StatisticsAge
from perfkit.probes.server import identify

DDL = """
drop schema if exists "Ca""t" cascade; create schema "Ca""t"; set search_path to "Ca""t";
create table parent (id int primary key, a int, b text collate "C");
create table t (id int primary key, a int references parent, b int, c text,
                e int4range, exclude using gist (e with &&));
create index fk on t (a);
create index fk_wide on t (a, b);
create index not_fk on t (b, a);
create index odd on t (lower(c) desc nulls last, b nulls first) include (a) where b > 5;
create unique index strict on t (b) nulls not distinct;
create index hashed on t using hash (c);
create materialized view m as select 1 as a; create index on_view on m (a);
create table part (id int) partition by range (id);
create table part_1 partition of part for values from (0) to (9); create index on part (id);
create temp table gone (a int); create index gone_a on gone (a);
analyze t; analyze parent;
"""


@pytest.fixture(scope="module")
def connection(postgres):
    engine = sa.create_engine(postgres.url("postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(DDL)
        yield connection
        connection.exec_driver_sql('drop schema "Ca""t" cascade')
    engine.dispose()


@pytest.fixture(scope="module")
def found(connection):
    everything = catalog.indexes(connection, identify(connection))
    return {index.name: index for index in everything if index.schema == 'Ca"t'}


def test_indexes_are_listed_without_those_of_temporary_tables_and_of_extensions(found):
    assert set(found) == {
        "parent_pkey", "t_pkey", "t_e_excl", "fk", "fk_wide", "not_fk", "odd", "strict", "hashed",
        "on_view", "part_id_idx", "part_1_id_idx",
    }  # fmt: skip


def test_keys_included_columns_and_predicate_are_told_apart(found):
    odd = found["odd"]
    assert [key.expression for key in odd.keys] == ["lower(c)", "b"]
    assert odd.included == ("a",)
    assert odd.columns == ("lower(c) DESC NULLS LAST, b NULLS FIRST INCLUDE (a) WHERE b > 5")
    assert (odd.table, odd.method, odd.valid) == ("t", "btree", True)


def test_guarantees_are_seen(found):
    names = ("unique", "constrained", "exclusion", "nulls_not_distinct", "needed")
    facts = {name: [getattr(found[name], one) for one in names] for name in found}
    assert facts["t_pkey"] == [True, True, False, False, True]
    assert facts["t_e_excl"] == [False, True, True, False, True]
    assert facts["strict"] == [True, False, False, True, True]
    assert facts["fk"] == [False, False, False, False, False]


def test_indexes_that_begin_with_a_foreign_key_support_it(found):
    assert {name for name, index in found.items() if index.supports_foreign_key} == {
        "fk",
        "fk_wide",
    }


def test_sizes_scans_and_definitions_come_from_the_server(found):
    assert found["hashed"].size_bytes > 0
    assert found["fk"].scans == 0
    assert found["fk"].last_scan is None
    assert found["fk"].definition == 'CREATE INDEX fk ON "Ca""t".t USING btree (a)'


def test_collation_and_operator_class_are_part_of_a_key(connection, found):
    connection.exec_driver_sql(
        'create index c1 on t (c); create index c2 on t (c collate "C");'
        "create index c3 on t (c text_pattern_ops)"
    )
    listed = catalog.indexes(connection, identify(connection))
    keys = {index.keys for index in listed if index.name in {"c1", "c2", "c3"}}
    assert len(keys) == 3
    connection.exec_driver_sql("drop index c1, c2, c3")


def test_an_older_server_is_asked_for_no_columns_that_it_lacks(connection, found):
    old = replace(identify(connection), number=140_000)
    listed = {index.name: index for index in catalog.indexes(connection, old)}
    assert not listed["strict"].nulls_not_distinct
    assert listed["fk"] == found["fk"]


def test_the_age_of_the_statistics_is_since_their_reset(connection):
    before = catalog.statistics_age(connection)
    connection.exec_driver_sql("select pg_stat_reset()")
    after = catalog.statistics_age(connection)
    assert after.known
    assert after.since >= before.since
    assert 0 <= after.days < 0.1


def test_a_database_younger_than_its_server_has_no_older_statistics(postgres):
    admin = sa.create_engine(
        postgres.url("postgres"), isolation_level="AUTOCOMMIT", poolclass=sa.pool.NullPool
    )
    with admin.connect() as connection:
        connection.exec_driver_sql("drop database if exists perfkit_young with (force)")
        before = connection.exec_driver_sql("select date_trunc('second', now())").scalar_one()
        connection.exec_driver_sql("create database perfkit_young")
    young = sa.create_engine(postgres.url("perfkit_young"), poolclass=sa.pool.NullPool)
    with young.connect() as connection:
        age = catalog.statistics_age(connection)
        connection.exec_driver_sql("set local role pg_monitor")
        unknowing = catalog.statistics_age(connection)
    with admin.connect() as connection:
        connection.exec_driver_sql("drop database perfkit_young with (force)")
    assert age.since >= before
    assert not age.known
    assert unknowing.since <= age.since


@pytest.mark.parametrize(
    ("moment", "enough"),
    [
        ("2025-05-01", True),
        ("2025-06-01", True),
        ("2025-06-20", False),
        ("2025-06-01 12:00", False),
    ],
)
def test_a_month_counts_with_its_end(moment, enough):
    since = datetime(2025, 1, 1, tzinfo=UTC)
    now = datetime(2025, 7, 1, tzinfo=UTC)
    age = StatisticsAge(since, known=True, seconds=(now - since).total_seconds())
    assert age.now == now
    assert age.month_since(datetime.fromisoformat(moment).replace(tzinfo=UTC)) == enough


def test_days_are_days():
    assert StatisticsAge(None, known=True, seconds=43_200.0).days == 0.5


@given(st.integers(0, 3))
def test_a_key_read_backwards_twice_is_itself(option):
    key = Key("a", 1, 2, option)
    assert key.flipped().flipped() == key
    assert key.flipped() != key


@pytest.mark.parametrize(
    ("option", "text"), [(0, "a"), (1, "a DESC NULLS LAST"), (2, "a NULLS FIRST"), (3, "a DESC")]
)
def test_only_what_is_not_the_default_order_is_written(found, option, text):
    index: Index = replace(found["fk"], keys=(Key("a", 1, 0, option),))
    assert index.columns == text


def test_a_partitioned_index_has_the_size_and_the_scans_of_its_parts(connection, found):
    assert found["part_id_idx"].partitioned
    assert not found["fk"].partitioned
    sizes = connection.exec_driver_sql("select pg_relation_size('part_1_id_idx')").scalar_one()
    assert found["part_id_idx"].size_bytes == sizes > 0


def test_the_index_of_a_partition_says_what_it_is_a_part_of(found):
    assert found["part_1_id_idx"].part_of == ('Ca"t', "part_id_idx")
    assert found["part_1_id_idx"].needed
    assert found["part_id_idx"].part_of is None


def test_operator_classes_that_compare_alike_are_one(connection):
    connection.exec_driver_sql(
        "create table v (v varchar(9)); create index v1 on v (v);"
        "create index v2 on v (v varchar_ops); create index v3 on v (v varchar_pattern_ops);"
        "create index v4 on v (v text_pattern_ops)"
    )
    listed = {i.name: i for i in catalog.indexes(connection, identify(connection))}
    classes = {name: listed[name].keys[0].operator_class for name in ("v1", "v2", "v3", "v4")}
    assert classes["v1"] == classes["v2"] != classes["v3"] == classes["v4"]
    connection.exec_driver_sql("drop table v")


def test_a_deferrable_constraint_is_not_immediate(connection):
    connection.exec_driver_sql(
        "create table later (a int unique deferrable, b int unique, c int);"
        "create index later_c on later (c)"
    )
    listed = {i.name: i for i in catalog.indexes(connection, identify(connection))}
    assert not listed["later_a_key"].immediate
    assert listed["later_b_key"].immediate
    assert listed["later_c"].immediate
    connection.exec_driver_sql("drop table later")


def test_a_partitioned_index_of_several_levels_sums_up_its_leaves(connection):
    connection.exec_driver_sql(
        "create table deep (a int, b int) partition by range (a);"
        "create table deep_1 partition of deep for values from (0) to (9) partition by range (b);"
        "create table deep_11 partition of deep_1 for values from (0) to (9);"
        "create table deep_2 partition of deep for values from (9) to (99);"
        "insert into deep values (1, 1), (10, 1); create index deep_a on deep (a)"
    )
    listed = {i.name: i for i in catalog.indexes(connection, identify(connection))}
    leaves = [listed[name].size_bytes for name in ("deep_11_a_idx", "deep_2_a_idx")]
    assert listed["deep_a"].size_bytes == sum(leaves) > 0
    assert listed["deep_1_a_idx"].size_bytes == leaves[0]
    assert listed["deep_1_a_idx"].part_of == ('Ca"t', "deep_a")
    connection.exec_driver_sql("drop table deep")


def test_parameters_and_expressions_are_told(connection, found):
    assert found["odd"].computed
    assert not found["fk"].computed
    connection.exec_driver_sql(
        "create table b (a int); create index b1 on b using brin (a) with (pages_per_range = 4)"
    )
    again = {i.name: i for i in catalog.indexes(connection, identify(connection))}
    assert again["b1"].parameters == ("pages_per_range=4",)
    connection.exec_driver_sql("drop table b")
