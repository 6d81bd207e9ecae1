"""PgBouncer's log: one of a real 1.18, lines of other releases, and bytes that are neither."""

import json
import shutil
import subprocess
import time
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import perfkit
from perfkit.formats.logs.pgbouncer import FORMAT
from perfkit.formats.model import Chunk

REAL = Path(__file__).parent / "data" / "pgbouncer-1.18.log"
HEAD = "2026-11-21 10:00:00.123 UTC [7] "


def parse(*lines, zone=None):
    data = "".join(f"{line}\n" for line in lines).encode()
    return FORMAT.parse(Chunk.whole(data, zone=zone))


def rows(found, table="events"):
    return found.tables[table].to_pylist() if table in found.tables else []


def test_a_real_log_is_recognised_and_every_line_accounted_for():
    data = REAL.read_bytes()
    assert FORMAT.recognises(data).confidence > 0.95
    found = FORMAT.parse(Chunk.whole(data))
    assert (found.lines, found.rejected_lines, found.notes) == (data.count(b"\n"), 0, ())
    stats = {row["line"] for row in rows(found, "metrics")}
    assert found.used == len(rows(found)) + len(stats)
    assert len(stats) == data.count(b"LOG stats: ")


@pytest.mark.parametrize("day", ["2026-06-31", "2262-04-12", "9026-11-21", "0001-01-01"])
def test_a_line_whose_time_no_column_can_hold_is_rejected_alone(day):
    said = "C-0x55: shop/app@127.0.0.1:5000 login attempt: db=shop user=app tls=no"
    found = parse(*(f"{at} 10:00:00.123 UTC [7] LOG {said}" for at in (day, "2026-11-21")))
    assert [(bad.line, bad.reason) for bad in found.rejected] == [(1, "its time is no time")]
    assert [str(row["at"])[:23] for row in rows(found)] == ["2026-11-21 10:00:00.123"]


def test_a_real_log_has_its_sessions_errors_and_servers():
    data = REAL.read_bytes()
    kinds = Counter(row["kind"] for row in rows(FORMAT.parse(Chunk.whole(data))))
    assert kinds["connection"] == data.count(b"login attempt: ") == 17
    assert data.count(b" LOG S-0x") == kinds["server_connection"] + kinds["server_disconnection"]
    closing = data.count(b"closing because: ") - kinds["server_disconnection"]
    assert kinds["disconnection"] == closing > 0
    reserve = data.count(b"taking connection from reserve_pool")
    assert kinds["error"] == data.count(b" WARNING ") - reserve
    assert (kinds["reserve_pool"], kinds["configuration"], kinds["server"]) == (reserve, 1, 2)


@pytest.mark.skipif(shutil.which("pgbadger") is None, reason="pgbadger is not installed")
def test_pgbadger_counts_the_same_logins(tmp_path):
    output = tmp_path / "out.json"
    subprocess.run(
        ["pgbadger", "-q", "-f", "pgbouncer3", "--pid-dir", str(tmp_path), "-x", "json",
         "-o", str(output), str(REAL)],
        check=True, timeout=60, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    theirs = json.loads(output.read_text())["pgb_connection_info"]
    logins = [
        row for row in rows(FORMAT.parse(Chunk.whole(REAL.read_bytes())))
        if row["kind"] == "connection"
    ]  # fmt: skip
    assert theirs["count"] == len(logins)
    assert theirs["user"] == Counter(row["user"] for row in logins)


def test_a_recording_is_loaded_from_it():
    rec = perfkit.load(REAL)
    assert rec.sources["format"].tolist() == ["pgbouncer"]
    assert str(rec.span[0]) == "2026-11-21 11:46:54.057000+00:00"


@pytest.mark.parametrize(
    ("line", "values"),
    [
        ("LOG C-0x55d0: shop/app@10.0.0.1:4711 login attempt: db=shop user=app tls=TLSv1.3",
         {"kind": "connection", "database": "shop", "user": "app", "session_id": "C-0x55d0"}),
        (("LOG C-0x55d0: (nodb)/app@10.0.0.1:4711 login attempt: db=shop user=app tls=no"
         " replication=no"), {"kind": "connection", "database": "shop", "user": "app"}),
        ("LOG C-0x55d0: shop/my app@[::1]:4711 closing because: client close request (age=12s)",
         {"kind": "disconnection", "user": "my app", "duration_ms": 12_000.0}),
        ("LOG C-0x55d0: shop/app@::1:4711 closing because: client unexpected eof (age=3)",
         {"kind": "disconnection", "user": "app", "duration_ms": 3000.0}),
        ("LOG S-0x1: shop/app@unix:5432 new connection to server",
         {"kind": "server_connection", "database": "shop"}),
        ("LOG S-0x1: shop/app@10.0.0.2:5432 closing because: server lifetime over (age=3600s)",
         {"kind": "server_disconnection", "duration_ms": 3_600_000.0}),
        ("WARNING C-0x1: (nodb)/(nouser)@unix(77):6432 pooler error: no more connections allowed",
         {"kind": "error", "database": None, "user": None}),
        ("LOG C-0x1: a/b@10.0.0.1:1 Pooler Error: query_wait_timeout", {"kind": "error"}),
        ("ERROR S: login failed: FATAL: password authentication failed", {"kind": "error"}),
        ("WARNING C-0x1: a/b@unix:1 Taking connection from reserve_pool",
         {"kind": "reserve_pool"}),
        ("LOG process up: PgBouncer 1.24.1, libevent 2.1.12", {"kind": "server"}),
        ("LOG RELOAD command issued", {"kind": "configuration"}),
    ],
)  # fmt: skip
def test_lines_of_many_releases_are_events(line, values):
    (row,) = rows(parse(HEAD + line))
    assert values.items() <= row.items()
    assert row["attributes"] == (HEAD + line).encode()


@pytest.mark.parametrize(
    ("stats", "values"),
    [
        ("Stats: 5 req/s, in 6 b/s, out 7 b/s,query 8 us",
         {"requests_per_s": 5, "in_bytes_per_s": 6, "out_bytes_per_s": 7, "query_us": 8}),
        ("Stats: 1 xacts/s, 2 queries/s, in 3 B/s, out 4 B/s, xact 5 us, query 6 us wait time 7 us",
         {"xacts_per_s": 1, "queries_per_s": 2, "xact_us": 5, "query_us": 6, "wait_us": 7}),
        (("stats: 1 xacts/s, 2 queries/s, 3 client parses/s, 4 server parses/s, 5 binds/s,"
         " in 6 B/s, out 7 B/s, xact 8 us, query 9 us, wait 10 us"),
         {"client_parses_per_s": 3, "server_parses_per_s": 4, "binds_per_s": 5, "wait_us": 10}),
        ("stats: 0 xacts/s, 0 queries/s, 1 client logins/s, in 0 B/s, out 0 B/s, xact 0 us",
         {"client_logins_per_s": 1, "xact_us": 0}),
    ],
)  # fmt: skip
def test_stats_of_all_releases_are_metrics(stats, values):
    found = rows(parse(f"{HEAD}LOG {stats}"), "metrics")
    read = {row["name"].removeprefix("pgbouncer."): row["value"] for row in found}
    assert values.items() <= read.items()
    for row in found:
        rate = "B/s" if "bytes" in row["name"] else "1/s"
        assert row["unit"] == (rate if row["name"].endswith("_per_s") else "us")


@pytest.mark.parametrize(
    ("head", "zone", "moment"),
    [
        ("2019-01-07 19:26:56.744 4581 ", None, "2019-01-07 19:26:56.744000+00:00"),
        ("2019-01-07 19:26:56.744 4581 ", "Europe/Berlin", "2019-01-07 18:26:56.744000+00:00"),
        ("2026-06-14 00:27:32 UTC [1] ", "Europe/Berlin", "2026-06-14 00:27:32+00:00"),
        ("2026-06-14 00:27:32.5 +03 [1] ", None, "2026-06-13 21:27:32.500000+00:00"),
    ],
)
def test_times_are_read_in_the_zone_that_the_log_or_the_user_names(head, zone, moment):
    found = parse(f"{head}LOG process up: PgBouncer 1.9", zone=zone)
    (row,) = rows(found)
    assert str(row["at"]) == moment
    assumed = [note.kind for note in found.notes]
    assert assumed == (["timezone_assumed"] if "4581" in head else [])


def test_a_bad_line_costs_itself_only():
    good = HEAD + "LOG process up: PgBouncer 1.24"
    data = f"{good}\nnonsense\n2026-02-30 10:00:00.1 UTC [7] LOG x\n\n{good}\0\n{good}\n{good}"
    found = FORMAT.parse(Chunk.whole(data.encode()))
    assert [bad.line for bad in found.rejected] == [2, 3, 5, 7]
    assert (found.lines, found.rejected_lines, found.irrelevant, found.used) == (7, 4, 1, 2)


@pytest.mark.parametrize("size", [1, 300, 1000, 5000])
def test_chunks_cut_anywhere_make_the_same_tables(parsed, size):
    data = REAL.read_bytes().replace(b"\n", b"\r\n", 5)
    whole, cut = parsed(FORMAT, data), parsed(FORMAT, data, size=size)
    for table in ("events", "metrics"):
        assert rows(cut, table) == rows(whole, table)
    assert (cut.lines, cut.used) == (whole.lines, whole.used)


@pytest.mark.parametrize(
    "head",
    [
        "2026-11-21 10:00:00.123 UTC [7] LOG:  duration: 1.2 ms",
        "2026-11-21 10:00:00.123 7 ERROR nova.compute [-] it failed",
        "2026-11-21 10:00:00.123 UTC [7] LOG something else",
        "C-0x1: a/b@c:1 closing because: x",
        '{"event": "stats: 1 xacts/s"}',
        "",
    ],
)
def test_other_logs_are_not_recognised(head):
    assert FORMAT.recognises(f"{head}\n".encode() * 5).confidence == 0.0


@given(st.lists(st.one_of(st.binary(max_size=80), st.sampled_from(REAL.read_bytes().split(b"\n")))))
def test_any_bytes_are_parsed_and_add_up(lines):
    data = b"\n".join(lines)
    FORMAT.recognises(data)
    found = FORMAT.parse(Chunk.whole(data))
    assert found.lines == data.count(b"\n") + bool(data and not data.endswith(b"\n"))
    assert found.used >= 0
    assert found.lines == found.used + found.irrelevant + found.rejected_lines


def test_one_long_line_takes_linear_time():
    line = HEAD + "LOG C-0x1: " + "a/b@c:1 stats: 1 x/s, " * 200_000
    begin = time.process_time()
    found = parse(line)
    assert found.lines == 1
    assert time.process_time() - begin < 3


def test_a_last_line_without_end_is_rejected_also_where_it_is_alone_in_a_piece():
    line = f"{HEAD}LOG C-0x1: d/u@10.0.0.1:1 login attempt: db=d user=u tls=no".encode()
    piece = Chunk(data=line, head=line, first=False, last=True)
    assert FORMAT.parse(piece).rejected_lines == 1
    assert FORMAT.parse(Chunk.whole(line)).rejected_lines == 0
