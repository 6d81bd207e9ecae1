"""Schemas of different style with planted indexes: what may go goes, and nothing else."""

import pytest

from perfkit.tasks.audit.drops import drops
from perfkit.tasks.audit.near_misses import near_misses

# Twenty indexes on a shop: ``gone_`` in a name says that it may go, ``stays_`` that not.
SHOP = """
create table customers (id bigint primary key, email text not null, name varchar(80), city text);
create table sales (
    id bigint primary key, customer_id bigint references customers, placed timestamptz not null,
    state text not null, total int, code varchar(20), note text, period int4range);
create index gone_same on sales (placed);
create index stays_keeper_of_same on sales (placed) include (id);
create index gone_prefix on sales (customer_id);
create index stays_longer on sales (customer_id, placed desc);
create index gone_backwards on sales (customer_id desc, placed);
create index stays_direction on sales (customer_id, placed, total desc);
create index stays_other_direction on sales (customer_id, placed, total);
create index stays_class on sales (note text_pattern_ops);
create index stays_no_class on sales (note);
create index stays_collation on sales (note collate "C");
create index stays_partial on sales (customer_id) where state = 'open';
create index gone_partial on sales (customer_id) where 'open' = state;
create unique index stays_unique on sales (total, id);
create index gone_under_unique on sales (total);
create unique index stays_unique_prefix on sales (code);
create index stays_longer_than_unique on sales (code, state);
create index gone_pkey_again on sales (id);
create index gone_class_by_another_name on customers (name varchar_ops);
create index stays_name on customers (name);
create index stays_hash on sales using hash (customer_id);
create index stays_expression on customers (lower(email));
create index gone_expression_prefix on customers (upper(email));
create index stays_expression_longer on customers (upper(email), city);
create index gone_fewer_included on sales (state) include (total);
create index stays_more_included on sales (state) include (total, note);
create index stays_other_included on sales (state) include (code);
create index gone_included_are_keys on customers (city) include (name);
create index stays_included_are_keys on customers (city, name, email);
"""
ROLES = """
create extension if not exists btree_gist; create extension if not exists btree_gin;
create schema billing; create schema archive;
create table billing.accounts (
    id int generated always as identity primary key,
    iban text not null, number text not null, span tstzrange not null, tags text[], body jsonb,
    at timestamptz, a int, b int,
    constraint stays_deferrable unique (iban) deferrable initially deferred,
    constraint stays_exclusion exclude using gist (number with =, span with &&),
    constraint stays_btree_exclusion exclude using btree (a with =));
create unique index stays_unique_beside_deferrable on billing.accounts (iban);
create unique index gone_second_unique on billing.accounts (iban);
create index gone_plain_beside_exclusion on billing.accounts using gist (number, span);
create index stays_span on billing.accounts using gist (span);
create unique index stays_identity on billing.accounts (number);
alter table billing.accounts replica identity using index stays_identity;
create index gone_beside_identity on billing.accounts (number);
create index stays_clustered on billing.accounts (at, a);
alter table billing.accounts cluster on stays_clustered;
create index gone_beside_clustered on billing.accounts (at, a);
create index stays_gin on billing.accounts using gin (tags, a);
create index gone_gin_turned on billing.accounts using gin (a, tags);
create index stays_gin_alone on billing.accounts using gin (tags);
create index stays_gin_paths on billing.accounts using gin (body jsonb_path_ops);
create index stays_gin_body on billing.accounts using gin (body);
create index stays_brin on billing.accounts using brin (at, b);
create index gone_brin_turned on billing.accounts using brin (b, at);
create index stays_brin_fine on billing.accounts using brin (at, b) with (pages_per_range = 8);
create index stays_hash on billing.accounts using hash (number);
create index gone_hash on billing.accounts using hash (number) with (fillfactor = 75);
create unique index stays_null_once on billing.accounts (b) nulls not distinct;
create unique index gone_null_often on billing.accounts (b);
create table archive.accounts (number text, a int, at timestamptz);
create index stays_identity on archive.accounts (number);
create index stays_clustered on archive.accounts (at, a);
create materialized view archive.totals as
    select a, count(*) as n from billing.accounts group by a;
create unique index stays_refresh on archive.totals (a);
create index gone_view_twin on archive.totals (a);
"""
PARTITIONS = """
create table events (
    id bigint, at date not null, kind text, account int, primary key (id, at, kind))
    partition by range (at);
create table events_1 partition of events for values from ('2025-01-01') to ('2025-02-01');
create table events_2 partition of events for values from ('2025-02-01') to ('2025-03-01')
    partition by list (kind);
create table events_2a partition of events_2 for values in ('a');
create table events_2b partition of events_2 default;
create index gone_whole on events (account);
create index stays_whole on events (account, kind);
create index gone_own on events_1 (account, kind);
create index gone_own_prefix on events_2b (account);
create index stays_own on events_2a (kind);
create index stays_only on only events (at, kind);
create table parent (id int primary key, a int, b int);
create table child (c int) inherits (parent);
create index stays_parent on parent (a, b);
create index gone_child_short on child (a);
create index stays_child_id on child (id);
create index gone_child on child (a, b); create index stays_child_longer on child (b, a);
create index stays_child_again on child (a, b, c);
"""
QUOTED = """
create schema "Odd ""one"" x"; set search_path to "Odd ""one"" x";
create table "Order" ("Id" int primary key, "a b" int, "a,b" int, "where" text, "x
y" int);
create index "gone_A" on "Order" ("a b");
create index "stays_A" on "Order" ("a b", "a,b");
create index "stays_B" on "Order" ("a,b", "a b");
create index "stays_where" on "Order" ("where")
    where "where" <> 'a ''b'' and c' and "Id" > 3;
create index "gone_where" on "Order" ("where")
    where 3 < "Id" and "where" <> 'a ''b'' and c';
create index "stays_other_rows" on "Order" ("where")
    where "where" <> 'a ''b'' AND c' and "Id" > 3;
create index "gone_new
line" on "Order" ("x
y");
create index "stays_""quoted"" x" on "Order" ("x
y", "Id");
create domain grade as int; create type mood as enum ('good', 'bad');
create table people (id int primary key, g grade, m mood, d date, t timestamptz, n numeric,
                     c char(3), f boolean, deleted timestamptz);
create index gone_enum on people (m); create index stays_enum on people (m, g);
create index stays_soft on people (d) where deleted is null;
create index gone_soft on people (d) where (deleted is null);
create index stays_hard on people (d) where deleted is not null;
create index gone_flag on people (n) where f = true; create index stays_flag on people (n) where f;
create index stays_not_flag on people (n) where not f;
create index stays_list on people (c) where g in (1, 2, 3);
create index gone_list on people (c) where g in (3, 1, 2);
create index stays_shorter_list on people (c) where g in (1, 2);
create index stays_either on people (c) where f or g = 1;
create index gone_either on people (c) where g = 1 or f;
create index stays_computed on people ((n * 2));
create index stays_computed_else on people ((2 * n));
create index gone_nulls_first on people (t desc, d desc);
create index stays_nulls on people (t, d, n);
create index stays_nulls_first on people (t nulls first, d);
"""
SCHEMAS = {"shop": SHOP, "roles": ROLES, "partitions": PARTITIONS, "quoted": QUOTED}


def planted(names):
    return {name for name in names if name.split(".", 1)[1].startswith(("gone_", "stays_"))}


@pytest.mark.parametrize("style", SCHEMAS)
def test_what_may_go_goes_and_nothing_else(audited, dropped, listed, style):
    engine = audited(SCHEMAS[style])
    every = {f"{index.schema}.{index.name}" for index in listed(engine)}
    going = set(dropped(engine))
    assert going <= planted(every), "an index of a constraint or of a partition"
    assert going == {name for name in planted(every) if name.split(".", 1)[1].startswith("gone_")}
    assert len(planted(every)) >= 20 or style == "partitions"


@pytest.mark.parametrize("style", SCHEMAS)
def test_for_each_that_goes_one_stays_and_both_are_of_one_table(audited, listed, old, style):
    found = drops(listed(audited(SCHEMAS[style])), old)
    going = {(drop.index.schema, drop.index.name) for drop in found}
    for drop in found:
        assert (drop.kept.schema, drop.kept.name) not in going
        assert (drop.kept.schema, drop.kept.table) == (drop.index.schema, drop.index.table)


def kept(engine, listed, old):
    found = listed(engine)
    gone = {(drop.index.schema, drop.index.name) for drop in drops(found, old)}
    return {advice.index: advice.reason for advice in near_misses(found, gone)}


WHY = {
    "shop": {
        "stays_direction": "directions",
        "stays_class": "operator class",
        "stays_collation": "collation",
        "stays_partial": "WHERE",
        "stays_hash": "it is hash",
        "stays_unique_prefix": "it is unique",
        "stays_other_included": "included columns",
    },
    "roles": {
        "stays_deferrable": "it enforces a constraint",
        "stays_brin_fine": "parameters",
        "stays_gin_paths": "operator class",
        "stays_gin_alone": "only a b-tree",
    },
    "quoted": {
        "stays_other_rows": "WHERE",
        "stays_shorter_list": "WHERE",
        "stays_nulls_first": "directions",
    },
}


@pytest.mark.parametrize("style", WHY)
def test_why_a_near_twin_stays_is_told(audited, listed, old, style):
    reasons = kept(audited(SCHEMAS[style]), listed, old)
    for name, why in WHY[style].items():  # of two alike one is named beside the other
        told = [text for own, text in reasons.items() if own == name or f" {name} " in text]
        assert any(why in text for text in told), (name, told)
    assert not any(name.startswith("gone_") for name in reasons)


def test_a_near_miss_always_has_a_reason_of_its_own(audited, listed, old):
    reasons = kept(audited(SHOP + ROLES), listed, old)
    assert not [name for name, why in reasons.items() if why.endswith("the other may go instead")]
