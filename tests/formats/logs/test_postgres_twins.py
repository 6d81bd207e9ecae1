"""One run of a real server, written as stderr, csvlog and jsonlog at once: equal row by row."""

import io
import os
import re
import subprocess
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from perfkit.formats.logs import postgres_csvlog, postgres_jsonlog, postgres_stderr
from perfkit.ingest.gather import gather
from perfkit.ingest.packed import Unpacked
from perfkit.ingest.pieces import Text
from perfkit.keep import Keep
from perfkit.lab.binaries import find
from perfkit.lab.identity import choose

FORMATS = {
    "log": postgres_stderr.FORMAT,
    "csv": postgres_csvlog.FORMAT,
    "json": postgres_jsonlog.FORMAT,
}
EVERYTHING = "log_min_duration_statement = 0"
LOGGED = "log_statement = 'all'; set log_duration = on; set log_min_duration_statement = -1"
PLANS = "auto_explain.log_min_duration = 0; set auto_explain.log_analyze = on"
FUNCTION = """
create or replace function twice(x int) returns int language plpgsql as $$
declare y int;
begin
  select x * 2 into y;  -- "quoted" and 'so on'
  return y;
end $$;
create or replace function thrice(x int) returns bigint language sql
  as 'select sum(g) from generate_series(1, x) g';
"""


class Server:
    """A cluster of its own, its log in three formats."""

    def __init__(self, root, settings):
        self.binaries = find()
        self.identity = choose(self.binaries)
        self.root = root
        root.chmod(0o700)
        self.identity.own(root)
        self.run("initdb", "-D", f"{root}/data", "-U", "postgres", "-A", "trust", "--locale=C",
                 "-E", "UTF8")  # fmt: skip
        with (root / "data" / "postgresql.conf").open("a") as conf:
            conf.write(settings)
        self.process = self.popen("postgres", "-D", f"{root}/data")
        self.conninfo = f"host={root} user=postgres dbname=postgres connect_timeout=5"
        deadline = time.monotonic() + 30
        while True:
            try:
                psycopg.connect(self.conninfo).close()
                break
            except psycopg.OperationalError:
                assert time.monotonic() < deadline
                time.sleep(0.05)

    def popen(self, tool, *arguments):
        return subprocess.Popen(
            [*self.identity.prefix, str(self.binaries.bin / tool), *arguments],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            cwd="/", env={"PATH": os.environ["PATH"], "LC_ALL": "C", "TZ": "UTC"},
            **self.identity.account,
        )  # fmt: skip

    def run(self, tool, *arguments):
        assert self.popen(tool, *arguments).wait(60) == 0

    def stop(self):
        self.process.send_signal(2)
        self.process.wait(30)

    def connect(self, application="shöp ünit", **more):
        return psycopg.connect(self.conninfo, application_name=application, autocommit=True, **more)


def settings(root, **more):
    values = {
        "unix_socket_directories": root, "listen_addresses": "127.0.0.1", "fsync": "off",
        "logging_collector": "on",
        "log_destination": "stderr,csvlog,jsonlog", "log_directory": f"{root}/log",
        "log_filename": "pg.log",
        "log_line_prefix": "%m [%p] %c %e user=%u,db=%d,app=%a,client=%h ",
        "log_connections": "on", "log_disconnections": "on", "log_lock_waits": "on",
        "deadlock_timeout": "100ms", "log_temp_files": 0, "work_mem": "64kB",
        "log_timezone": "UTC", "shared_preload_libraries": "auto_explain",
    } | more  # fmt: skip
    return "".join(f"{name} = '{value}'\n" for name, value in values.items())


def simple(server):
    """Statements of the simple protocol: what psql sends."""
    with server.connect("psql", cursor_factory=psycopg.ClientCursor) as db:
        for setting in (EVERYTHING, LOGGED):
            db.execute(f"set {setting}")
            db.execute(FUNCTION)
            db.execute(
                'create table if not exists "Ta""ble ü" (id int primary key, "naïve, x" text)'
            )
            db.execute(
                'insert into "Ta""ble ü" values (1, %s) on conflict do nothing', ['it\'s\n\t"x"']
            )
            db.execute('select *\n  from "Ta""ble ü"\n\n\twhere id in (1, 2, 3)  ')
            db.execute("select 1; select 2;\nselect 3")
            db.execute("select length('" + 'x,"' * 900 + "')")
            db.execute(
                "do $$ begin perform twice(21); raise warning 'a \"warning\"\nof two'; end $$"
            )
            db.execute("prepare p (int) as select $1 + 1")
            db.execute("execute p(5)")
            db.execute("select twice(2), thrice(100)")
            db.execute("begin; declare c cursor for select generate_series(1, 5)")
            db.execute("fetch 2 from c")
            db.execute("commit")
            db.execute("deallocate p")
            db.execute(
                "select count(*) from (select generate_series(1, 20000) g order by 1 desc) x"
            )
            with db.cursor().copy('copy "Ta""ble ü" to stdout') as copy:
                list(copy)
            fails(db, 'select "no such column"', 'insert into "Ta""ble ü" values (1)', "selec",
                  "select 1/0", "do $$ begin perform 1/0; end $$")  # fmt: skip


def fails(db, *statements):
    for statement in statements:
        with pytest.raises(psycopg.Error):
            db.execute(statement)


def extended(server):
    """Statements of the extended protocol: parse, bind, execute, parameters, pipelines."""
    with server.connect(prepare_threshold=2) as db:
        for setting in (EVERYTHING, LOGGED):
            db.execute(f"set {setting}")
            for number in range(5):
                db.execute("select %s::int + 1, %s::text", [number, "a 'b'\n, \"c\" $1 ü"])
            db.execute("create temp table if not exists t (id int, x text)")
            for number in range(4):
                db.execute("insert into t values (%s, %s)", [number, None])
            with db.transaction():
                db.execute("select thrice(%s)", [10])
                db.execute("update t set x = %s where id = %s", ["y", 1])
                with db.cursor("server side") as cursor:
                    cursor.execute("select * from generate_series(1, %s)", [7])
                    cursor.fetchmany(3)
            with db.pipeline():
                for number in range(3):
                    db.execute("select %s::bigint", [number])
            for wrong in ("x", "0"):
                with pytest.raises(psycopg.Error):
                    db.execute("select 1 / %s::int", [wrong])


def waits(server):
    """A lock wait, a deadlock, a cancelled statement."""
    with server.connect("one") as one, server.connect("two") as two:
        one.execute("create table if not exists l (id int primary key, n int)")
        one.execute("insert into l values (1, 0), (2, 0) on conflict do nothing")
        one.execute("begin")
        one.execute("update l set n = 1 where id = 1")
        other = threading.Thread(target=lambda: two.execute("update l set n = 2 where id = 1"))
        other.start()
        time.sleep(0.3)
        one.execute("commit")
        other.join(10)
        deadlock(one, two)
        one.execute("set statement_timeout = 50")
        fails(one, "select pg_sleep(10)")


def deadlock(one, two):
    for db, row in ((one, 1), (two, 2)):
        db.execute("begin")
        db.execute(f"update l set n = 3 where id = {row}")

    def cross(db, row):
        try:
            db.execute(f"update l set n = 4 where id = {row}")
            db.execute("commit")
        except psycopg.Error:
            db.execute("rollback")

    threads = [threading.Thread(target=cross, args=pair) for pair in ((one, 2), (two, 1))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)


RUNS = {
    "plain": {},
    "verbose": {"log_error_verbosity": "verbose", "log_parameter_max_length": 5},
    "json": {"auto_explain.log_min_duration": 0, "auto_explain.log_format": "json",
             "auto_explain.log_analyze": "on", "auto_explain.log_nested_statements": "on"},
    "text": {"auto_explain.log_min_duration": 0, "auto_explain.log_analyze": "on"},
    "yaml": {"auto_explain.log_min_duration": 0, "auto_explain.log_format": "yaml"},
    "xml": {"auto_explain.log_min_duration": 0, "auto_explain.log_format": "xml"},
}  # fmt: skip


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Return the three logs of a run by their endings; the server is gone by then."""
    done = {}

    def logs(name):
        if name not in done:
            root = Path(tmp_path_factory.mktemp("pg"))
            for folder in (root, *root.parents[:2]):
                folder.chmod(0o755)
            server = Server(root, settings(root, **RUNS[name]))
            try:
                for part in (simple, extended, waits):
                    part(server)
            finally:
                server.stop()
            done[name] = {end: (root / "log" / f"pg.{end}").read_bytes() for end in FORMATS}
        return done[name]

    return logs


def rows(result, table):
    """Return the rows of a table without their lines; sessions may be mixed differently."""
    if table not in result.tables:
        return []
    found = result.tables[table].drop_columns(["line"]).to_pylist()
    return sorted(found, key=lambda row: row.get("session_id") or "")


def differences(found, wanted):
    """Return the first few cells that differ."""
    cells = [
        (number, name, one[name], other[name])
        for number, (one, other) in enumerate(zip(found, wanted, strict=False))
        for name in one
        if one[name] != other[name]
    ]
    return [*cells[:5], *([] if len(found) == len(wanted) else [(len(found), len(wanted))])]


@pytest.mark.parametrize("name", list(RUNS))
def test_all_formats_of_a_run_hold_the_same_rows(run, parsed, accounts, name):
    data = run(name)
    results = {end: parsed(FORMATS[end], data[end]) for end in FORMATS}
    for end, result in results.items():
        accounts(result, data[end].count(b"\n"))
        assert result.rejected == (), end
    for table in ("queries", "plans", "events"):
        text = rows(results["log"], table)
        assert text or (table == "plans" and "explain" not in str(RUNS[name]))
        for end in ("csv", "json"):
            assert differences(rows(results[end], table), text) == [], (end, table)


def in_pieces(item, data, size):
    """Parse as the engine does."""
    return gather(Text(Unpacked(io.BytesIO(data), "log")), item, size=size)


def assert_equal(cut, whole, end):
    assert set(cut.notes) == set(whole.notes)
    assert (cut.lines, cut.irrelevant, cut.rejected) == (
        whole.lines,
        whole.irrelevant,
        whole.rejected,
    )
    assert cut.tables.keys() == whole.tables.keys()
    for table, found in whole.tables.items():
        assert cut.tables[table].to_pylist() == found.to_pylist(), (end, table)


@pytest.mark.parametrize("end", list(FORMATS))
@pytest.mark.parametrize("name", list(RUNS))
def test_pieces_of_usual_sizes_give_the_same_tables(run, name, end):
    data = run(name)[end]
    data *= 1 + 400_000 // len(data)
    whole = in_pieces(FORMATS[end], data, len(data) + 1)
    for size in (64 << 10, 1 << 20, 64 << 20):
        assert_equal(in_pieces(FORMATS[end], data, size), whole, end)


@pytest.mark.parametrize("end", list(FORMATS))
@given(
    name=st.sampled_from(list(RUNS)),
    begin=st.floats(0, 1),
    length=st.integers(2_000, 20_000),
    size=st.integers(1, 5_000),
)
@examples(max_examples=40)
def test_wherever_a_log_begins_and_is_cut_its_tables_are_the_same(
    run, end, name, begin, length, size
):
    data = run(name)[end]
    at = int(begin * max(0, len(data) - length))
    part = data[at : at + length]
    whole = in_pieces(FORMATS[end], part, len(part) + 1)
    assert_equal(in_pieces(FORMATS[end], part, size), whole, end)


START = datetime(2026, 11, 21, tzinfo=UTC)
TIME = re.compile(rb"20[0-9]{2}-[0-9]{2}-[0-9]{2} [0-9:]{8}\.[0-9]{3} UTC")


def stretched(data):
    """Return a log of seconds as one of hours: durations stay, the times between them grow."""
    first = datetime.fromisoformat(TIME.search(data)[0].decode()[:23]).replace(tzinfo=UTC)

    def later(found):
        at = datetime.fromisoformat(found[0].decode()[:23]).replace(tzinfo=UTC)
        at = START + (at - first) * 1000
        return f"{at:%Y-%m-%d %H:%M:%S}.{at.microsecond // 1000:03} UTC".encode()

    return TIME.sub(later, data)


@pytest.mark.parametrize("end", list(FORMATS))
@given(
    name=st.sampled_from(["plain", "json", "text"]),
    begin=st.integers(0, 9000),
    length=st.none() | st.integers(1, 3000),
    size=st.none() | st.just(9_000),
)
@examples(max_examples=20)
def test_a_window_asked_for_holds_what_filtering_would_leave(
    run, parsed, end, name, begin, length, size
):
    data = stretched(run(name)[end])
    since = int(START.timestamp() + begin) * 10**9
    keep = Keep(since=since, until=since + length * 10**9 if length else None)
    asked = parsed(FORMATS[end], data, keep=keep, size=size)
    whole = parsed(FORMATS[end], data)
    assert asked.lines == whole.lines
    for table, everything in whole.tables.items():
        found = keep.rows(asked.tables.get(table, everything.slice(0, 0)), table)
        assert found.to_pylist() == keep.rows(everything, table).to_pylist()


def test_each_statement_is_one_row_whatever_was_logged_of_it(run, parsed):
    """The same statements ran once with log_min_duration_statement, once with log_statement."""
    for name in RUNS:
        found = parsed(FORMATS["log"], run(name)["log"]).tables["queries"].to_pylist()
        for part, statement, phase in (
            ("psql", "execute p(5)", "simple"),
            ("psql", "select twice(2), thrice(100)", "simple"),
            ("nit", "select thrice($1)", "execute"),
            ("nit", "insert into t values ($1, $2)", "execute"),
        ):
            rows = [
                row
                for row in found
                if row["statement"] == statement
                and row["application"].endswith(part)
                and row["phase"] in {"simple", "execute", None}
            ]
            assert {row["phase"] for row in rows} == {phase}
            assert len(rows) == (8 if statement.startswith("insert") else 2)
            assert all(row["duration_ms"] is not None for row in rows)
