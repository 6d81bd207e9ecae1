"""Slow query logs as the servers' sources print them (sql/log.cc), one per server."""

import pytest

from perfkit.formats.logs.mysql_slow import FORMAT

OPENED = """\
/usr/sbin/mysqld, Version: {} (Source distribution). started with:
Tcp port: 3306  Unix socket: /var/run/mysqld/mysqld.sock
Time                 Id Command    Argument
"""

MYSQL_55 = (
    OPENED.format("5.5.62-log")
    + """\
# Time: 261121 11:00:12
# User@Host: app[app] @ web1.example [10.0.0.1]
# Query_time: 2.500000  Lock_time: 0.000030 Rows_sent: 1  Rows_examined: 10
use shop;
SET timestamp=1795258812;
select * from orders where id = 7;
# User@Host: app[app] @ web1.example [10.0.0.1]
# Query_time: 0.250000  Lock_time: 0.000000 Rows_sent: 0  Rows_examined: 0
SET last_insert_id=8,insert_id=9,timestamp=1795258812;
insert into items values (last_insert_id());
"""
)

MYSQL_57 = (
    OPENED.format("5.7.44-log")
    + """\
# Time: 2026-11-21T12:00:12.500000+01:00
# User@Host: app[app] @  [10.0.0.1]  Id:     5
# Query_time: 2.250000  Lock_time: 0.000030 Rows_sent: 1  Rows_examined: 10
use shop;
SET timestamp=1795258812;
select 1;
"""
)

MYSQL_8 = (
    OPENED.format("8.0.36")
    + """\
# Time: 2026-11-21T11:00:12.500000Z
# User@Host: [app] @ localhost []  Id:    42
# Query_time: 2.250000  Lock_time: 0.000002 Rows_sent: 3  Rows_examined: 9
SET timestamp=1795258810;
select 'a;
b';
# Time: 2026-11-21T11:00:13.000000Z
# User@Host: app[app] @ localhost []  Id:    42
# Query_time: 0.000010  Lock_time: 0.000000 Rows_sent: 0  Rows_examined: 0
SET timestamp=1795258813;
# administrator command: Ping;
"""
)

MYSQL_8_EXTRA = OPENED.format("8.4.3") + (
    "# Time: 2026-11-21T11:00:12.500000Z\n"
    "# User@Host: app[app] @ localhost []  Id:    42\n"
    "# Query_time: 2.250000  Lock_time: 0.000002 Rows_sent: 3  Rows_examined: 9 Thread_id: 42"
    " Errno: 3024 Killed: 0 Bytes_received: 60 Bytes_sent: 1 Read_first: 1 Read_last: 0"
    " Read_key: 1 Read_next: 0 Read_prev: 0 Read_rnd: 0 Read_rnd_next: 9 Sort_merge_passes: 0"
    " Sort_range_count: 0 Sort_rows: 0 Sort_scan_count: 0 Created_tmp_disk_tables: 0"
    " Created_tmp_tables: 0 Count_hit_tmp_table_size: 0  Start: 2026-11-21T11:00:10.250000Z"
    " End: 2026-11-21T11:00:12.500000Z\n"
    "SET timestamp=1795258810;\nselect sleep(3);\n"
)

PERCONA = (
    OPENED.format("8.0.36-28").replace(". started", ", Time: 2026-11-21T10:00:00.1Z. started")
    + """\
# Time: 2026-11-21T11:00:12.500000Z
# User@Host: app[app] @ localhost []  Id:    42
# Schema: my shop  Last_errno: 1213  Killed: 0
# Query_time: 0.500000  Lock_time: 0.000002  Rows_sent: 3  Rows_examined: 9  Rows_affected: 0
# Bytes_sent: 56  Tmp_tables: 0  Tmp_disk_tables: 0  Tmp_table_sizes: 0
# Full_scan: Yes  Full_join: No  Tmp_table: No  Tmp_table_on_disk: No
# Filesort: No  Filesort_on_disk: No  Merge_passes: 0
#   InnoDB_IO_r_ops: 0  InnoDB_IO_r_bytes: 0  InnoDB_IO_r_wait: 0.000000
#   InnoDB_rec_lock_wait: 0.000000  InnoDB_queue_wait: 0.000000
#   InnoDB_pages_distinct: 1
# Log_slow_rate_type: query  Log_slow_rate_limit: 10
SET timestamp=1795258812;
update orders set paid = 1;
# Time: 2026-11-21T11:00:40.500000Z
# User@Host: app[app] @ localhost []  Id:    43
# Schema:   Last_errno: 0  Killed: 1317
# Query_time: 12.500000  Lock_time: 0.000002  Rows_sent: 3  Rows_examined: 9  Rows_affected: 0
# Bytes_sent: 56
# No InnoDB statistics available for this query
# Log_slow_rate_type: query  Log_slow_rate_limit: 10
SET timestamp=1795258828;
select slow();
"""
)

PERCONA_55 = """\
# Time: 261121 11:00:12.058915
# User@Host: root[root] @ localhost []
# Thread_id: 40  Schema: world  Last_errno: 0  Killed: 0
# Query_time: 0.500000  Lock_time: 0.000033  Rows_sent: 9  Rows_examined: 9  Rows_affected: 0
# Bytes_sent: 161085
# Stored routine: world.improved_sp_log
SET timestamp=1795258812;
SELECT * FROM City;
"""

MARIADB_OLD = (
    OPENED.format("10.3.34-MariaDB")
    + """\
# Time: 261121 11:00:12
# User@Host: app[app] @ localhost []
# Thread_id: 7  Schema: shop  QC_hit: Yes
# Query_time: 2.500000  Lock_time: 0.000000  Rows_sent: 1  Rows_examined: 10
# Rows_affected: 0  Bytes_sent: 85
# Stored_routine: shop.p
use shop;
SET timestamp=1795258812;
select 1;
"""
)

MARIADB = (
    OPENED.format("11.4.4-MariaDB-log").replace("mysqld,", "mariadbd,")
    + """\
# Time: 261121 11:00:10
# User@Host: app[app] @ localhost []
# Thread_id: 7  Schema: shop  QC_hit: No
# Query_time: 2.500000  Lock_time: 0.000000  Rows_sent: 1  Rows_examined: 10
# Rows_affected: 0  Bytes_sent: 85
# Full_scan: Yes  Full_join: No  Tmp_table: No  Tmp_table_on_disk: No
# Filesort: No  Filesort_on_disk: No  Merge_passes: 0  Priority_queue: Yes
#
# explain: id\tselect_type\ttable\ttype
# explain: 1\tSIMPLE\tt\tALL
#
# Warnings
# Error 1265 Data truncated for 'a
b' at row 1
#
use `shop`;
SET timestamp=1795258810;
select `a` from t;
"""
)


def rows(parsed, text, **options):
    return parsed(FORMAT, text.encode(), **options).tables["queries"].to_pylist()


def began(row):
    return row["started_at"].strftime("%H:%M:%S.%f")


def test_mysql_5_5_has_times_of_whole_seconds_which_are_ends_and_a_use_that_holds(parsed):
    first, second = rows(parsed, MYSQL_55)
    assert (began(first), first["duration_ms"], first["lock_ms"]) == (
        "11:00:09.500000",
        2500.0,
        0.03,
    )
    assert (first["rows_returned"], first["rows_examined"]) == (1, 10)
    assert (first["user"], first["client"], first["session_id"]) == ("app", "10.0.0.1", None)
    assert [row["database"] for row in (first, second)] == ["shop", "shop"]
    assert first["attributes"] is None
    assert began(second) == "11:00:11.750000"
    assert b"insert_id=9" in second["attributes"]
    assert (first["system"], first["duration_kind"], first["weight"]) == ("mysql", "server", None)


def test_mysql_5_7_has_the_end_with_microseconds_and_an_offset(parsed):
    (row,) = rows(parsed, MYSQL_57)
    assert began(row) == "11:00:10.250000"
    assert (row["client"], row["session_id"], row["database"]) == ("10.0.0.1", "5", "shop")


def test_mysql_8_stamps_are_starts_and_commands_are_statements(parsed):
    first, ping = rows(parsed, MYSQL_8)
    assert began(first) == "11:00:10.250000"
    assert (first["user"], first["statement"]) == ("app", "select 'a;\nb'")
    assert (ping["statement"], ping["rows_examined"]) == ("administrator command: Ping", 0)
    short = "\n".join(
        line for line in MYSQL_8.split("\n") if not line.startswith(("# Time", "# User@Host"))
    )
    assert [began(row) for row in rows(parsed, short)] == ["11:00:10.000000", "11:00:13.000000"]


def test_log_slow_extra_tells_errors_and_all_it_says_is_kept(parsed):
    (row,) = rows(parsed, MYSQL_8_EXTRA)
    assert row["error"] == "3024 max_execution_time exceeded"
    assert (row["duration_ms"], row["session_id"]) == (2250.0, "42")
    assert row["attributes"].endswith(b"End: 2026-11-21T11:00:12.500000Z")
    (killed,) = rows(
        parsed, MYSQL_8_EXTRA.replace("Errno: 3024 Killed: 0", "Errno: 0 Killed: 1317")
    )
    assert killed["error"] == "killed: 1317 query interrupted"


def test_percona_samples_and_what_is_always_logged_stands_for_itself(parsed):
    result = parsed(FORMAT, PERCONA.encode())
    first, second = result.tables["queries"].to_pylist()
    assert (first["weight"], second["weight"]) == (10.0, 1.0)
    assert (first["error"], second["error"]) == ("1213 deadlock", "killed: 1317 query interrupted")
    assert (first["database"], second["database"]) == ("my shop", None)
    assert b"InnoDB_pages_distinct: 1" in first["attributes"]
    assert [note.kind for note in result.notes] == ["sampled"]


def test_old_percona_names_the_thread_beside_the_schema(parsed):
    (row,) = rows(parsed, PERCONA_55)
    assert (row["session_id"], row["database"], row["error"]) == ("40", "world", None)
    assert b"# Stored routine: world.improved_sp_log" in row["attributes"]
    assert began(row) == "11:00:11.500000"


def test_mariadb_stamps_are_ends_before_2024_and_starts_since(parsed):
    (old,), (new,) = rows(parsed, MARIADB_OLD), rows(parsed, MARIADB)
    assert (began(old), began(new)) == ("11:00:09.500000", "11:00:10.000000")
    assert (old["system"], new["system"]) == ("mariadb", "mariadb")
    assert (new["database"], new["session_id"]) == ("shop", "7")


def test_explains_and_warnings_of_mariadb_are_kept_whatever_lines_they_have(parsed):
    (row,) = rows(parsed, MARIADB)
    assert row["statement"] == "select `a` from t"
    assert b"# explain: 1\tSIMPLE\tt\tALL" in row["attributes"]
    assert b"b' at row 1" in row["attributes"]
    assert row["error"] == "1265 Data truncated for 'a"


@pytest.mark.parametrize(
    "name", [name for name in globals() if name.startswith(("MY", "PER", "MA"))]
)
def test_every_shape_is_recognised_surely_and_its_lines_add_up(parsed, accounts, name):
    from perfkit.formats.registry import formats

    text = globals()[name].encode()
    sure = {item.name: item.recognises(text).confidence for item in formats()}
    assert sure.pop("mysql-slow") >= 0.9
    assert max(sure.values()) == 0.0
    for data in (text, text.replace(b"\n", b"\r\n")):
        result = parsed(FORMAT, data)
        accounts(result, text.count(b"\n"))
        assert (result.irrelevant, result.rejected_lines) == (3 * text.count(b"Tcp port"), 0)
    plain, crlf = parsed(FORMAT, text), parsed(FORMAT, text.replace(b"\n", b"\r\n"))
    assert crlf.tables["queries"].to_pylist() == plain.tables["queries"].to_pylist()
