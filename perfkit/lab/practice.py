"""A database to practise on, beside the shop's: one table and a drawer full of indexes.

Some indexes repeat another one, some only look as if they did. Which is which, is what the
notebook asks before the audit answers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

    from perfkit.lab.server import LabServer

__all__ = ["DATABASE", "REDUNDANT", "drop", "make"]

DATABASE = "perfkit_practice"
#: What may go: the same keys, the beginning of another index, another one read backwards.
REDUNDANT = frozenset(
    {"invoices_number_idx", "invoices_customer_id_idx", "invoices_customer_due_backwards_idx"}
)

_TABLES = (
    "create extension if not exists pg_stat_statements",
    "create table customers (id bigint primary key, name text not null)",
    "insert into customers select i, 'Customer ' || i from generate_series(1, 2000) i",
    """create table invoices (
    id bigint primary key, customer_id bigint not null references customers,
    number text not null unique, status text not null, due_on date not null,
    total_cents integer not null)""",
    # 0.5 % drafts, 2.5 % open, the rest paid: one plan does not suit all three.
    """insert into invoices
select i, 1 + (i * 7919::bigint) % 2000, 'INV-' || lpad(i::text, 8, '0'),
    case when i % 200 = 0 then 'draft' when i % 40 = 1 then 'open' else 'paid' end,
    date '2026-01-01' + (i % 700), 500 + (i * 31) % 90000
from generate_series(1, 100000) i""",
)
_INDEXES = (
    "create index invoices_number_idx on invoices (number)",
    "create index invoices_number_pattern_idx on invoices (number text_pattern_ops)",
    "create index invoices_customer_id_idx on invoices (customer_id)",
    "create index invoices_customer_due_idx on invoices (customer_id, due_on)",
    "create index invoices_customer_due_backwards_idx on invoices (customer_id desc, due_on desc)",
    "create index invoices_customer_due_latest_idx on invoices (customer_id, due_on desc)",
    "create index invoices_due_customer_idx on invoices (due_on, customer_id)",
    "create index invoices_open_idx on invoices (customer_id) where status = 'open'",
    "create index invoices_status_idx on invoices (status)",
)
# Each of them reads one of the indexes, so that none looks unused.
_QUESTIONS = (
    "select total_cents from invoices where number like 'INV-000012%'",
    "select total_cents from invoices where number = 'INV-00001234'",
    "select due_on from invoices where customer_id = 7 order by due_on",
    """select due_on from invoices where customer_id between 7 and 9
order by customer_id, due_on desc""",
    "select customer_id from invoices where due_on = date '2026-03-01'",
    "select id, total_cents from invoices where customer_id = 7 and status = 'open'",
    "select id, total_cents from invoices where status = 'draft'",
    "select id from invoices where id = 17",
)


def make(server: LabServer) -> Engine:
    """Create the database anew in the lab's server and return an engine on it, in a second.

    Example:
        >>> invoices = make(perfkit.lab.start().server)  # doctest: +SKIP
    """
    from sqlalchemy import create_engine
    from sqlalchemy.pool import NullPool

    drop(server)
    with _administering(server) as connection:
        connection.exec_driver_sql(f"create database {DATABASE}")
    engine = create_engine(server.url(DATABASE), poolclass=NullPool)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for statement in (*_TABLES, *_INDEXES, "vacuum analyze", *_QUESTIONS):
            connection.exec_driver_sql(statement, execution_options={"no_parameters": True})
    return engine


def drop(server: LabServer) -> None:
    """Drop the database; connections to it are ended."""
    with _administering(server) as connection:
        connection.exec_driver_sql(f"drop database if exists {DATABASE} with (force)")


def _administering(server: LabServer) -> Connection:
    from sqlalchemy import create_engine
    from sqlalchemy.pool import NullPool

    engine = create_engine(server.url("postgres"), poolclass=NullPool)
    return engine.connect().execution_options(isolation_level="AUTOCOMMIT")
