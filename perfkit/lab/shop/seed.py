"""Fill the shop's database once per server; a second lab finds it ready."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from perfkit.errors import LabError
from perfkit.lab.shop import schema

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg

__all__ = ["DATABASE", "Server", "ensure", "locked"]

DATABASE = "shop"
#: Tells our advisory lock from others': the letters "perfkit" as a number.
LOCK = int.from_bytes(b"perfkit")


class Server(Protocol):
    """The part of a server that seeding needs."""

    def conninfo(self, database: str) -> str:
        """Return libpq's connection string for ``database``."""


def ensure(server: Server, sizes: schema.Sizes, *, alone: bool) -> None:
    """Make and fill the database ``shop`` unless it is there.

    The caller holds `locked`. The database is filled under another name and then
    renamed, so that what is called ``shop`` is always whole. One of another size is
    replaced when the caller is ``alone`` with the server.

    Raises:
        LabError: a shop of another size is in use on this server, or filling failed.
    """
    import psycopg

    try:
        with psycopg.connect(server.conninfo("postgres"), autocommit=True) as connection:
            present = comment(connection)
            if present == schema.key(sizes):
                return
            if present and not alone:
                raise LabError(
                    f"lab: another size of the shop is running ({present.partition(': ')[2]})",
                    hint="perfkit.lab.stop(), or start with the same scale",
                )
            fill(server, connection, sizes)
    except psycopg.Error as error:
        raise LabError(
            f"lab: the shop's database could not be filled: {first_line(error)}"
        ) from error


def fill(server: Server, connection: psycopg.Connection, sizes: schema.Sizes) -> None:
    """Create the role and the database, run the statements, then give it its name."""
    import psycopg

    draft = f"{DATABASE}_draft"
    for database in (draft, DATABASE):
        connection.execute(f"drop database if exists {database} with (force)")
    create_role(connection, plan_ms=plan_threshold_ms(sizes))
    connection.execute(f"create database {draft} owner {schema.ROLE}")
    with psycopg.connect(server.conninfo(draft), autocommit=True) as target:
        be_quiet(target)
        for statement in schema.statements(sizes):
            target.execute(statement.encode())
    connection.execute(f"comment on database {draft} is '{schema.key(sizes)}'")
    connection.execute(f"alter database {draft} rename to {DATABASE}")


def plan_threshold_ms(sizes: schema.Sizes) -> int:
    """Return from when on a plan is logged: a smaller shop's sequential scan is shorter."""
    return max(1, min(20, round(20 * sizes.orders / schema.Sizes.at(1.0).orders)))


def create_role(connection: psycopg.Connection, *, plan_ms: int) -> None:
    """Make the shop's role; all its statements are logged, for recordings need them."""
    connection.execute(f"drop role if exists {schema.ROLE}")
    connection.execute(f"create role {schema.ROLE} login")
    connection.execute(f"alter role {schema.ROLE} set log_min_duration_statement = 0")
    connection.execute(f"alter role {schema.ROLE} set auto_explain.log_min_duration = {plan_ms}")
    # As a busy shop has it: one request shall not take three processes.
    connection.execute(f"alter role {schema.ROLE} set max_parallel_workers_per_gather = 0")


def be_quiet(connection: psycopg.Connection) -> None:
    """Keep the seeding out of the log, and give it room to sort."""
    connection.execute("set auto_explain.log_min_duration = -1")
    connection.execute("set log_min_duration_statement = -1")
    connection.execute("set maintenance_work_mem = '256MB'")


def comment(connection: psycopg.Connection) -> str | None:
    """Return what is noted at the database ``shop``; None when there is none."""
    row = connection.execute(
        "select shobj_description(oid, 'pg_database') from pg_database where datname = %s",
        [DATABASE],
    ).fetchone()
    return None if row is None else str(row[0])


@contextmanager
def locked(server: Server) -> Iterator[None]:
    """Hold the server's one seeding lock: two notebooks may start at the same moment.

    Raises:
        LabError: the other notebook did not finish within two minutes.
    """
    import psycopg

    with psycopg.connect(server.conninfo("postgres"), autocommit=True) as connection:
        connection.execute("set lock_timeout = '120s'")
        try:
            connection.execute("select pg_advisory_lock(%s::bigint)", [LOCK])
        except psycopg.errors.LockNotAvailable as error:
            raise LabError(
                "lab: another notebook has been filling the shop for two minutes",
                hint="perfkit.lab.stop(), then start again",
            ) from error
        yield


def first_line(error: BaseException) -> str:
    """Return the first line of an error's text."""
    return str(error).strip().partition("\n")[0]
