"""Real servers on which everything that is logged goes wrong once, and what they logged."""

import contextlib
import csv
import json
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

import perfkit
from perfkit.errors import LabError
from perfkit.lab import binaries, identity

_PREFIX = "%m [%p] %q%u@%d/%a "

_CONF = """
listen_addresses = ''
unix_socket_directories = '{root}'
fsync = off
shared_buffers = 16MB
max_connections = 12
superuser_reserved_connections = 3
wal_level = replica
max_wal_senders = 4
log_destination = 'stderr,csvlog'
logging_collector = on
log_directory = '{root}'
log_filename = '{name}.log'
log_line_prefix = '{prefix}'
log_timezone = UTC
lc_messages = C
log_connections = {connections}
log_disconnections = on
log_lock_waits = on
deadlock_timeout = 100ms
log_temp_files = 0
log_checkpoints = on
log_autovacuum_min_duration = 0
autovacuum_naptime = 1s
log_min_duration_statement = 0
log_recovery_conflict_waits = on
max_standby_streaming_delay = 200ms
log_replication_commands = on
"""


@dataclass
class Server:
    """A cluster of one release in a folder of its own."""

    programs: binaries.Binaries
    who: identity.Identity
    root: Path

    def run(self, tool, *arguments, check=True):
        command = [*self.who.prefix, str(self.programs.bin / tool), *arguments]
        environment = {"PATH": os.environ["PATH"], "LC_ALL": "C", "TZ": "UTC"}
        return subprocess.run(
            command, check=check, cwd="/", env=environment, timeout=60, **self.who.account,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def start(self, data, port):
        options = f"-p {port}"
        self.run("pg_ctl", "-D", str(data), "-w", "-t", "30", "-o", options, "start")

    def connect(self, port=5432, user="postgres", **options):
        return psycopg.connect(
            host=str(self.root), port=port, user=user, dbname="postgres", autocommit=True, **options
        )


def _fails(connection, *statements):
    """Run statements of which the last one fails."""
    with contextlib.suppress(psycopg.Error):
        for statement in statements:
            connection.execute(statement)


_ERRORS = """
select 1/0 | select * from nowhere | select nothing from t | selec 1 | select 'x
insert into t values (1) | insert into child values (99) | delete from t where id = 1
insert into t values (null) | insert into checked values (-1) | select nofunction(1)
select 1 where 'a' = 1 | select 'a'::uuid | select 2147483647 + 1 | select 1 +. 'a'
create table t (id int) | select * from t as a, t as b where id = 1 | set nothing = 1
select 'abc'::varchar(2)::int | insert into short values ('abc') | execute nothing
select (select id from t) | select id, count(*) from t | create schema public
drop table t | select '{'::json | select 99999::smallint | drop role nobody | select t.x from t
select ''::date | select 10000000000::numeric(3,1) | create type t as (a int) | select x.a
set role nobody | drop schema nothing | select pg_sleep('x') | select 9223372036854775807 + 1
begin read only; create table never (a int) | select E'\\xff' | raise
insert into excluded values ('[1,5]') | select * from nothing.t | select 1::nothing
select '99999999999999999999'::bigint
"""


def _errors(server):
    with server.connect() as one:
        one.execute("create extension if not exists plpgsql")
        one.execute("create table t (id int primary key)")
        one.execute("create table child (id int references t)")
        one.execute("create table checked (a int check (a > 0))")
        one.execute("create table short (a varchar(2))")
        one.execute("create table excluded (a int4range, exclude using gist (a with &&))")
        one.execute("insert into excluded values ('[1,3]')")
        one.execute("insert into t select generate_series(1, 3)")
        one.execute("insert into child values (1)")
        for statement in _ERRORS.replace("\n", "|").split("|"):
            _fails(one, statement.strip())
        _fails(one, "rollback", "begin", "select 1/0", "select 1", "rollback")
        one.execute("rollback")
        _fails(one, "create role somebody login", "set role somebody", "select * from t")
        _fails(one, "drop table t")
        one.execute("reset role")
    for user in ("nobody", "pg_monitor"):
        with contextlib.suppress(psycopg.Error):
            server.connect(user=user)


def _cancelled(server):
    with server.connect() as one:
        _fails(one, "set statement_timeout = '50ms'", "select pg_sleep(5)")
        pid = one.info.backend_pid
        one.execute("set statement_timeout = 0")
        other = threading.Thread(target=_fails, args=(one, "select pg_sleep(9)"))
        other.start()
        with server.connect() as two:
            _until(two, f"select state = 'active' from pg_stat_activity where pid = {pid}")
            two.execute(f"select pg_cancel_backend({pid})")
        other.join(10)
    for setting in _timeouts(server):
        three = server.connect()
        _fails(three, f"set {setting} = '50ms'", "begin", "select 1")
        _until_closed(three)
    four = server.connect()
    _fails(four, "set idle_session_timeout = '50ms'")
    _until_closed(four)
    five = server.connect()
    with server.connect() as six:
        six.execute(f"select pg_terminate_backend({five.info.backend_pid})")
    _until_closed(five)


def _timeouts(server):
    yield "idle_in_transaction_session_timeout"
    if server.programs.major >= 17:
        yield "transaction_timeout"


def _until(connection, condition, patience=10.0):
    end = time.monotonic() + patience
    while time.monotonic() < end:
        row = connection.execute(condition).fetchone()
        if row is not None and row[0]:
            return
        time.sleep(0.02)
    raise TimeoutError(condition)


def _until_closed(connection, patience=10.0):
    end = time.monotonic() + patience
    while time.monotonic() < end:
        try:
            connection.execute("select 1") if time.monotonic() > end - patience + 0.2 else None
        except psycopg.Error:
            break
        time.sleep(0.1)
    connection.close()


def _locks(server):
    with server.connect() as one, server.connect() as two, server.connect() as three:
        one.execute("create table locked (id int primary key, a int)")
        one.execute("insert into locked select g, 0 from generate_series(1, 4) g")
        one.execute("begin")
        one.execute("update locked set a = 1 where id = 1")
        waiting = [
            threading.Thread(target=_fails, args=(c, "update locked set a = 2 where id = 1"))
            for c in (two, three)
        ]
        for thread in waiting:
            thread.start()
            time.sleep(0.3)
        one.execute("commit")
        for thread in waiting:
            thread.join(10)
        one.execute("begin")
        one.execute("lock table locked")
        _fails(two, "set lock_timeout = '200ms'", "select * from locked")
        _fails(two, "begin", "lock table locked nowait")
        one.execute("rollback")
        two.execute("rollback")
        one.execute("begin")
        one.execute("update locked set a = 1 where id = 1")
        _fails(two, "select * from locked where id = 1 for update nowait")
        one.execute("rollback")
        two.execute("set lock_timeout = 0")
        _deadlock(one, two)
        _serialization(one, two)


def _deadlock(one, two):
    for connection, row in ((one, 1), (two, 2)):
        connection.execute("begin")
        connection.execute(f"update locked set a = 3 where id = {row}")
    statement = "update locked set a = 4\n where id = {}"
    first = threading.Thread(target=_fails, args=(one, statement.format(2)))
    first.start()
    _fails(two, statement.format(1))
    first.join(10)
    one.execute("rollback")
    two.execute("rollback")


def _serialization(one, two):
    one.execute("begin isolation level repeatable read")
    one.execute("select * from locked")
    two.execute("update locked set a = 5 where id = 3")
    _fails(one, "update locked set a = 6 where id = 3")
    one.execute("rollback")


def _maintenance(server):
    with server.connect() as one:
        one.execute("set work_mem = '64kB'")
        one.execute("select * from generate_series(1, 20000) g order by -g").fetchall()
        one.execute("set temp_file_limit = '100kB'")
        _fails(one, "select * from generate_series(1, 200000) g order by -g")
        one.execute("create table dead (id int) with (autovacuum_vacuum_threshold = 0)")
        one.execute("insert into dead select generate_series(1, 20000)")
        one.execute("delete from dead where id % 2 = 0")
        one.execute("checkpoint")
        one.execute("alter system set work_mem = '5MB'")
        one.execute("alter system set max_connections = 13")
        one.execute("select pg_reload_conf()")
        done = "select last_autovacuum is not null and last_autoanalyze is not null"
        _until(one, f"{done} from pg_stat_user_tables where relname = 'dead'", 15)


def _too_many(server):
    with server.connect() as watching:
        with contextlib.ExitStack() as held:
            for user in ("somebody", "postgres"):
                with contextlib.suppress(psycopg.Error):
                    for _ in range(14):
                        held.enter_context(server.connect(user=user))
        clients = "from pg_stat_activity where backend_type = 'client backend'"
        _until(watching, f"select count(*) = 1 {clients}")


def _crash(server):
    """Kill a backend: the others are ended and the server recovers."""
    with contextlib.suppress(psycopg.Error):
        one, two = server.connect(), server.connect()
        os.kill(_process(server, one.info.backend_pid), signal.SIGKILL)
        _until_closed(two)
        one.close()
    for _ in range(100):
        with contextlib.suppress(psycopg.Error), server.connect():
            return
        time.sleep(0.05)


def _process(server, pid):
    assert Path(f"/proc/{pid}/cmdline").read_bytes().startswith(b"postgres")
    return pid


def _replica(server):
    copy = server.root / "copy"
    server.run("pg_basebackup", "-h", str(server.root), "-U", "postgres", "-D", str(copy),
               "-c", "fast", "-R", "-X", "stream", "--no-sync")  # fmt: skip
    with (copy / "postgresql.auto.conf").open("a") as conf:
        conf.write("log_filename = 'copy.log'\nmax_connections = 13\n")
    server.start(copy, 5433)
    with server.connect() as one, server.connect(5433) as two:
        one.execute("create table gone as select generate_series(1, 100) as id")
        _until(two, "select to_regclass('gone') is not null")
        two.execute("begin isolation level repeatable read")
        two.execute("select * from gone")
        one.execute("delete from gone")
        one.execute("vacuum gone")
        sleeping = threading.Thread(target=_fails, args=(two, "select pg_sleep(9)"))
        sleeping.start()
        one.execute("checkpoint")
        sleeping.join(10)
    with server.connect(5433) as two:
        two.execute("checkpoint")
    _crash(server)
    server.run("pg_ctl", "-D", str(copy), "-w", "promote")
    server.run("pg_ctl", "-D", str(copy), "-m", "fast", "-w", "stop")


def _play(programs):
    """Return the logs of a server and its standby, on which everything went wrong once."""
    root = Path(tempfile.mkdtemp(prefix="pgev"))
    who = identity.choose(programs)
    who.own(root)
    server = Server(programs, who, root)
    data = root / "data"
    try:
        server.run("initdb", "-D", str(data), "-U", "postgres", "-A", "trust", "--no-sync")
        with (data / "postgresql.conf").open("a") as file:
            file.write(_configured(server))
        server.start(data, 5432)
        _errors(server)
        with ThreadPoolExecutor(3) as pool:
            parts = [pool.submit(f, server) for f in (_cancelled, _locks, _maintenance)]
            for part in parts:
                part.result(60)
        _too_many(server)
        _replica(server)
        server.run("pg_ctl", "-D", str(data), "-m", "fast", "-w", "stop")
        return {name: (root / name).read_bytes() for name in _LOGS}
    finally:
        for folder in ("copy", "data"):
            server.run("pg_ctl", "-D", str(root / folder), "-m", "immediate", "stop", check=False)
        shutil.rmtree(root, ignore_errors=True)


def _configured(server):
    new = server.programs.major >= 18
    connections = "'receipt,authentication,authorization'" if new else "on"
    conf = _CONF.format(root=server.root, name="main", connections=connections, prefix=_PREFIX)
    if not new:
        return conf
    return f"{conf}log_lock_failures = on\n"


_LOGS = ("main.log", "main.csv", "copy.log", "copy.csv")
_FOLDERS = {"embedded": None, "system": "/usr/lib/postgresql/15/bin"}


def _programs(folder):
    """Return the programs of a folder (None: those that the lab would take), if all are there."""
    try:
        found = binaries.find() if folder is None else binaries._examine(Path(folder), "system")
    except LabError:
        return None
    tools = ("initdb", "pg_ctl", "pg_basebackup")
    return found if all((found.bin / tool).exists() for tool in tools) else None


@dataclass
class Logged:
    """What one server logged: its events, and its csvlog as rows of text."""

    events: list
    table: object
    queries: object
    csv: list
    path: Path
    major: int

    def kinds(self):
        return Counter(event["kind"] for event in self.events)

    def of(self, kind):
        return [event for event in self.events if event["kind"] == kind]


@pytest.fixture(scope="package")
def played(tmp_path_factory):
    """Servers of two releases at the same time: {name: folder of their logs}."""
    found = {name: _programs(folder) for name, folder in _FOLDERS.items()}
    with ThreadPoolExecutor(2) as pool:
        runs = {name: pool.submit(_play, programs) for name, programs in found.items() if programs}
        folders = {}
        for name, run in runs.items():
            folders[name] = (tmp_path_factory.mktemp(name), found[name].major)
            for log, content in run.result(120).items():
                (folders[name][0] / log).write_bytes(content)
    return folders


def _logged(played, name, log):
    if name not in played:
        pytest.skip("no such server here")
    folder, major = played[name]
    rec = perfkit.load(folder / f"{log}.log")
    with (folder / f"{log}.csv").open(newline="") as file:
        rows = list(csv.reader(file))
    events = rec.arrow("events")
    path = folder / f"{log}.log"
    return Logged(events.to_pylist(), events, rec.arrow("queries"), rows, path, major)


@pytest.fixture(scope="package", params=_FOLDERS)
def release(request):
    """Each of the servers."""
    return request.param


@pytest.fixture(scope="package")
def main(release, played):
    """The log of a primary."""
    return _logged(played, release, "main")


@pytest.fixture(scope="package")
def copy(release, played):
    """The log of its standby."""
    return _logged(played, release, "copy")


@pytest.fixture(scope="package")
def badger(main, tmp_path_factory):
    """What pgBadger finds in the same log."""
    program = shutil.which("pgbadger")
    if program is None:
        pytest.skip("pgbadger is not installed")
    tmp_path = tmp_path_factory.mktemp("badger")
    output = tmp_path / "out.json"
    command = [program, "-q", "-f", "stderr", "-p", _PREFIX, "-x", "json", "-o", str(output)]
    subprocess.run(
        [*command, "--pid-dir", str(tmp_path), str(main.path)],
        check=True, timeout=60, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    return json.loads(output.read_text())
