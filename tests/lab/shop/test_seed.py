"""The seeded database, on a real server."""

import psycopg
import pytest

from perfkit.errors import LabError
from perfkit.lab import server
from perfkit.lab.shop import schema, seed

pytestmark = pytest.mark.lab

SIZES = schema.Sizes.at(0.02)


@pytest.fixture(scope="module")
def running():
    with server.start() as running, seed.locked(running):
        seed.ensure(running, SIZES, alone=True)
        yield running


@pytest.fixture(scope="module")
def database(running):
    with psycopg.connect(running.conninfo("shop"), autocommit=True) as connection:
        yield connection


def one(database, query):
    return database.execute(query).fetchone()


def test_the_tables_have_the_promised_sizes(database):
    assert one(database, "select count(*) from users") == (400,)
    assert one(database, "select count(*) from orders") == (10_000,)
    assert one(database, "select count(*) from order_items") == (30_000,)


def test_about_a_tenth_of_the_orders_is_pending_whoever_ordered(database):
    (share,) = one(database, "select avg((status = 'pending')::int) from orders")
    assert 0.08 < share < 0.12
    (states,) = one(
        database,
        "select avg(n) from (select count(distinct status) n from orders group by user_id) x",
    )
    assert states > 4


def test_orders_spread_over_a_year(database):
    (days,) = one(
        database, "select extract(day from max(created_at) - min(created_at)) from orders"
    )
    assert 363 <= days <= 365


def test_the_rows_are_the_same_in_every_lab(running, database):
    database.execute("create database twin owner shop")
    with psycopg.connect(running.conninfo("twin"), autocommit=True) as twin:
        for statement in schema.statements(SIZES):
            twin.execute(statement)
        for table in ("users", "orders", "order_items"):
            rows = f"select md5(string_agg(t::text, '' order by id)) from {table} t"
            assert one(twin, rows) == one(database, rows)
    database.execute("drop database twin")


def test_new_orders_do_not_collide_with_seeded_ones(database):
    with database.transaction(force_rollback=True):
        row = one(
            database,
            "insert into orders (user_id, status, total_cents, created_at)"
            " values (1, 'pending', 1, now()) returning id",
        )
    assert row == (10_001,)


def test_one_index_is_a_duplicate_and_one_is_never_read(database):
    names = {name for (name,) in database.execute("select indexname from pg_indexes")}
    assert {"users_email_idx", "users_email_key", "orders_note_idx"} <= names
    assert {"orders_user_id_idx", "orders_user_id_status_created_at_idx"} <= names
    assert "order_items_order_id_idx" in names


def test_the_shops_role_owns_its_tables_and_is_no_superuser(database):
    owners = {
        o
        for (o,) in database.execute("select tableowner from pg_tables where schemaname = 'public'")
    }
    assert owners == {"shop"}
    assert one(database, "select rolsuper from pg_roles where rolname = 'shop'") == (False,)


def test_the_planner_knows_the_tables_from_the_start(database):
    assert one(database, "select reltuples from pg_class where relname = 'order_items'") == (
        30_000,
    )


def test_a_second_seeding_changes_nothing(running, database):
    before = one(database, "select oid from pg_database where datname = 'shop'")
    seed.ensure(running, SIZES, alone=True)
    assert one(database, "select oid from pg_database where datname = 'shop'") == before


def test_what_a_broken_seeding_left_behind_is_made_good(lab_home):
    with server.start() as running:
        with psycopg.connect(running.dsn, autocommit=True) as connection:
            connection.execute("create database shop_draft")
            connection.execute("create role shop")
        seed.ensure(running, schema.Sizes.at(0.001), alone=True)
        with psycopg.connect(running.conninfo("shop")) as connection:
            assert one(connection, "select count(*) from orders") == (500,)


def test_a_server_that_is_gone_is_an_error_in_a_sentence(lab_home):
    running = server.start()
    server.stop()
    with pytest.raises(LabError, match="the shop's database could not be filled"):
        seed.ensure(running, SIZES, alone=True)
    running.release()
