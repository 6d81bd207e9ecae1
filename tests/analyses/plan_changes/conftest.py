"""Real plans, and a real auto_explain log, of the embedded server."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from perfkit.lab import server

SEED = """
create table orders as
select i as id, 1 + (i * 7919::bigint) % 2000 as user_id, i % 5 as status, i as total,
       repeat('x', 60) as note from generate_series(1, 60000) i;
create unique index orders_pkey on orders (id);
create index orders_user on orders (user_id);
create table users as select i as id, 'user ' || i as name from generate_series(1, 2000) i;
create unique index users_pkey on users (id);
"""
_LOGGING = (
    "load 'auto_explain'",
    "set auto_explain.log_min_duration = 0",
    "set auto_explain.log_analyze = on",
    "set auto_explain.log_buffers = on",
    "set client_min_messages = log",
)


@pytest.fixture(scope="module")
def changing_engine():
    """An engine for a database of its own, in the lab's server."""
    with server.start() as lab:
        admin = sa.create_engine(
            lab.url("postgres"), isolation_level="AUTOCOMMIT", poolclass=sa.pool.NullPool
        )
        with admin.connect() as connection:
            connection.exec_driver_sql("drop database if exists perfkit_plan_changes")
            connection.exec_driver_sql("create database perfkit_plan_changes")
        engine = sa.create_engine(
            lab.url("perfkit_plan_changes"),
            isolation_level="AUTOCOMMIT",
            poolclass=sa.pool.NullPool,
        )
        try:
            with engine.connect() as connection:
                connection.exec_driver_sql(SEED.replace("%", "%%"))
                connection.exec_driver_sql("vacuum analyze")
            yield engine
        finally:
            engine.dispose()
            with admin.connect() as connection:
                connection.exec_driver_sql("drop database perfkit_plan_changes with (force)")


@pytest.fixture
def explained(changing_engine):
    """Return the document of a statement executed after some others, all of it rolled back."""

    def document(sql, *before, options="analyze, buffers, settings"):
        with changing_engine.connect() as connection:
            connection.exec_driver_sql("begin")
            for statement in before:
                connection.exec_driver_sql(statement.replace("%", "%%"))
            found = connection.exec_driver_sql(
                f"explain ({options}, format json) {sql.replace('%', '%%')}"
            ).scalar_one()
            connection.exec_driver_sql("rollback")
        return found

    return document


@pytest.fixture
def logged(changing_engine, tmp_path):
    """Return the path of a log with the plans that auto_explain wrote for some statements."""

    def log(statements, form="text", name="postgresql.log"):
        told, at = [], datetime(2026, 11, 21, 10, tzinfo=UTC)
        with changing_engine.connect() as connection:
            raw = connection.connection.driver_connection
            raw.add_notice_handler(lambda notice: told.append(notice.message_primary))
            for one in (*_LOGGING, f"set auto_explain.log_format = {form}", "begin", *statements):
                connection.exec_driver_sql(one.replace("%", "%%"))
            connection.exec_driver_sql("rollback")
        plans = [text for text in told if "  plan:\n" in text]
        lines = []
        for n, text in enumerate(plans):
            time = at + timedelta(seconds=n)
            body = text.replace("\n", "\n\t")
            lines.append(f"{time:%Y-%m-%d %H:%M:%S}.000 UTC [7] app@shop LOG:  {body}\n")
        path = tmp_path / name
        path.write_text("".join(lines))
        return path

    return log
