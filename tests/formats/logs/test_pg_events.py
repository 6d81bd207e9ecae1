import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.formats.logs.pg_events import read_events


@pytest.fixture
def read(records):
    def events(*lines):
        found = records(*lines)
        main = found.owner == np.arange(len(found.start))
        beside = pc.is_in(found.severity(), pa.array(["LOG", "WARNING"]))
        is_log = beside.to_numpy(zero_copy_only=False)
        return read_events(found, np.flatnonzero(main & is_log), np.flatnonzero(main & ~is_log))

    return events


@pytest.mark.parametrize(
    ("text", "kind", "values"),
    [
        ("process 7 still waiting for ShareLock on transaction 5 after 1000.123 ms", "lock_wait",
         {"duration_ms": 1000.123}),
        ("process 7 acquired ShareLock on transaction 5 after 2000.5 ms", "lock_wait",
         {"duration_ms": 2000.5}),
        ('temporary file: path "base/pgsql_tmp/pgsql_tmp7.0", size 1048576', "temp_file",
         {"bytes": 1_048_576}),
        ("checkpoint complete: wrote 5 buffers; write=1.0 s, sync=0.1 s, total=1.25 s; x",
         "checkpoint", {"duration_ms": 1250.0}),
        ("restartpoint complete: wrote 5 buffers", "checkpoint", {"duration_ms": None}),
        ("checkpoints are occurring too frequently (9 seconds apart)", "checkpoint_frequent", {}),
        ('automatic vacuum of table "a.b.c": index scans: 1\nCPU: user: 0.1 s, elapsed: 2.5 s',
         "autovacuum", {"duration_ms": 2500.0}),
        ('automatic aggressive vacuum to prevent wraparound of table "a.b.c": x', "autovacuum", {}),
        ('automatic analyze of table "a.b.c" system usage: elapsed: 0.5 s', "autoanalyze",
         {"duration_ms": 500.0}),
        ("connection authorized: user=bob database=sales application_name=x", "connection",
         {"user": "bob", "database": "sales"}),
        ("disconnection: session time: 1:02:03.500 user=bob database=sales host=[local]",
         "disconnection", {"duration_ms": 3_723_500.0, "user": "bob"}),
        ("ERROR:  division by zero", "error", {"duration_ms": None, "bytes": None}),
        ("FATAL:  the database system is shutting down", "error", {}),
        ("ERROR:  deadlock detected", "deadlock", {}),
    ],
)  # fmt: skip
def test_messages_are_events_with_their_numbers(read, text, kind, values):
    table, rows = read(text)
    (row,) = table.to_pylist()
    assert row["kind"] == kind
    assert rows.tolist() == [0]
    assert {name: row[name] for name in values} == values
    assert row["line"] == 1
    assert row["at"] is not None


@pytest.mark.parametrize(
    "text",
    [
        "duration: 1 ms",
        "connection received: host=[local]",
        'connection authenticated: identity="bob" method=md5 (pg_hba.conf:1)',
        "connection ready: setup total=1.1 ms, fork=0.4 ms, authentication=0.3 ms",
        "x connection authorized: user=a",
        "database shop must be vacuumed",
        "could not open file",
        "",
    ],
)
def test_other_messages_are_none(read, text):
    table, rows = read("a message", text)
    assert (table.num_rows, len(rows)) == (0, 0)


def test_events_stay_in_order_whatever_their_kind(read):
    table, rows = read(
        "ERROR:  one", 'temporary file: path "x", size 5', "nothing", "ERROR:  deadlock detected",
        "checkpoint complete: wrote 1",
    )  # fmt: skip
    assert table["kind"].to_pylist() == ["error", "temp_file", "deadlock", "checkpoint"]
    assert rows.tolist() == [0, 1, 3, 4]


def test_the_prefix_fills_in_who_where_the_message_does_not_say(read):
    table, _ = read("ERROR:  no", "connection authorized: user=[unknown] database=x")
    assert table["user"].to_pylist() == ["app", "app"]
    assert table["database"].to_pylist() == ["shop", "x"]


@pytest.mark.parametrize(
    "text",
    [
        'temporary file: path "x", size 99999999999999999999',
        "process 7 acquired ShareLock on x after 1.2.3 ms",
        "disconnection: session time: 1:02:03:04 user=a",
    ],
)
def test_numbers_that_are_none_are_unknown(read, text):
    (row,) = read(text)[0].to_pylist()
    assert (row["duration_ms"], row["bytes"]) == (None, None)


def test_the_attributes_are_the_whole_record_with_its_details(read):
    table, _ = read((7, "ERROR:  a"), (7, "DETAIL:  b"), (7, "STATEMENT:  c\nd"), (7, "ERROR:  e"))
    assert table["attributes"].to_pylist() == [
        b"ERROR:  a\nDETAIL:  b\nSTATEMENT:  c\nd",
        b"ERROR:  e",
    ]


#: Messages of PostgreSQL 9.4 to 18 that the servers of the other tests do not write.
_ELSEWHERE = {
    "lock_wait": (
        (
            "process 7 avoided deadlock for ShareLock on transaction 5 by rearranging queue order"
            " after 1001.5 ms"
        ),
        "process 7 failed to acquire ShareLock on transaction 5 after 1001.5 ms",
    ),
    "checkpoint": (
        (
            "checkpoint complete: wrote 38 buffers (0.2%); 0 transaction log file(s) added,"
            " 0 removed, 0 recycled; write=3.7 s, sync=0.1 s, total=3.9 s"
        ),
    ),
    "autovacuum": (
        (
            'automatic vacuum of table "shop.public.t": index scans: 1\npages: 0 removed\n'
            "system usage: CPU 0.00s/0.00u sec elapsed 0.10 sec"
        ),
        'automatic aggressive vacuum to prevent wraparound of table "a.b.c": index scans: 0',
    ),
    "autoanalyze": (
        'automatic analyze of table "a.b.c" system usage: CPU 0.00s/0.00u sec elapsed 0.02 sec',
    ),
    "vacuum_skipped": (
        'skipping vacuum of "t" --- lock not available',
        'skipping analyze of "t" --- relation no longer exists',
    ),
    "autovacuum_interrupted": ("sending cancel to blocking autovacuum PID 77",),
    "connection": (
        "connection authorized: user=bob database=sales SSL enabled (protocol=TLSv1.3, bits=256)",
        "replication connection authorized: user=bob application_name=walreceiver",
    ),
    "connection_lost": (
        "could not receive data from client: Connection reset by peer",
        "could not send data to client: Broken pipe",
        "could not accept SSL connection: EOF detected",
        "unexpected EOF on client connection with an open transaction",
        "incomplete startup packet",
        "invalid length of startup packet",
    ),
    "replication": (
        "trigger file found: /tmp/promote",
        "promote trigger file found: /tmp/promote",
        "replication terminated by primary server",
        "terminating walsender process due to replication timeout",
        'terminating process 77 because replication slot "a" is too far behind',
        'terminating process 77 to release replication slot "a"',
        'invalidating slot "a" because its restart_lsn 0/1 exceeds max_slot_wal_keep_size',
        'invalidating obsolete replication slot "a"',
        'standby "a" is now a synchronous standby with priority 1',
        'logical replication apply worker for subscription "a" has started',
        'starting logical decoding for slot "a"',
        'restored log file "000000010000000000000001" from archive',
        "WARNING:  canceling wait for synchronous replication due to user request",
        "ERROR:  requested WAL segment 000000010000000000000001 has already been removed",
        "FATAL:  could not connect to the primary server: refused",
        'FATAL:  streaming replication receiver "a" could not connect to the primary server: x',
        "FATAL:  terminating walreceiver due to timeout",
    ),
    "server": (
        "database system is ready to accept read only connections",
        "server process (PID 77) was terminated by signal 11: Segmentation fault",
        "startup process (PID 77) exited with exit code 1",
        "autovacuum worker process (PID 77) was terminated by signal 9: Killed",
        "received smart shutdown request",
        "using stale statistics instead of current ones because stats collector is not responding",
        "WARNING:  terminating connection because of crash of another server process",
    ),
    "configuration": ('parameter "work_mem" removed from configuration file, reset to default',),
    "wraparound": (
        'WARNING:  database "shop" must be vacuumed within 10985967 transactions',
        "WARNING:  database with OID 5 must be vacuumed before 9 more MultiXactIds are used",
        "WARNING:  oldest xmin is far in the past",
        "WARNING:  cutoff for removing and freezing tuples is far in the past",
        (
            'WARNING:  bypassing nonessential maintenance of table "a.b.c" as a failsafe after'
            " 0 index scans"
        ),
        'ERROR:  database is not accepting commands to avoid wraparound data loss in database "a"',
    ),
    "archiving": (
        "archive command failed with exit code 1",
        'WARNING:  archiving write-ahead log file "1" failed too many times, will try again later',
    ),
    "corruption": ("WARNING:  page verification failed, calculated checksum 1 but expected 2",),
    "cancelled": (
        "ERROR:  canceling autovacuum task",
        "FATAL:  canceling authentication due to timeout",
        "FATAL:  terminating connection due to conflict with recovery",
    ),
    "error": (
        "FATAL:  the database system is starting up",
        "PANIC:  could not write to file: No space left on device",
        "ERROR:  out of memory",
        "ERROR:  invalid page in block 0 of relation base/1/2",
    ),
}


@pytest.mark.parametrize(
    ("kind", "text"), [(kind, text) for kind, texts in _ELSEWHERE.items() for text in texts]
)
def test_messages_of_other_releases_and_rare_ones_are_events(read, kind, text):
    (row,) = read(text)[0].to_pylist()
    assert (row["kind"], row["message"]) == (kind, text.rpartition(":  ")[2])


def test_names_with_blanks_and_without_a_value_are_read(read):
    table, _ = read(
        "connection authorized: user=my user database=my db application_name=a b",
        "disconnection: session time: 0:00:01.000 user=rep database= host=10.0.0.1 port=4",
        'automatic analyze of table "a.b.c.d" system usage: elapsed: 0.5 s',
    )
    assert table["user"].to_pylist() == ["my user", "rep", "app"]
    assert table["database"].to_pylist() == ["my db", "shop", "shop"]


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("ERROR:  deadlock detected", "40P01"),
        ("ERROR:  canceling statement due to lock timeout", "55P03"),
        ("FATAL:  the database system is in recovery mode", "57P03"),
        ('FATAL:  too many connections for role "a"', "53300"),
        ("ERROR:  out of shared memory", "53200"),
        ('ERROR:  could not extend file "base/1/2": No space left on device', "53100"),
        ('FATAL:  role "a" does not exist', "28000"),
        ('ERROR:  role "a" does not exist', None),
        ("ERROR:  something of an application", None),
        ("LOG:  could not receive data from client: reset", None),
    ],
)
def test_a_state_is_derived_where_the_message_determines_it(read, text, state):
    assert read(text)[0]["sqlstate"].to_pylist() == [state]


def test_a_conflict_with_recovery_has_a_state_unless_it_may_be_a_deadlock(read):
    conflict = "ERROR:  canceling statement due to conflict with recovery"
    table, _ = read(
        (7, conflict),
        (7, "DETAIL:  User was holding a relation lock for too long."),
        (8, conflict),
        (8, "DETAIL:  User transaction caused buffer deadlock with recovery."),
    )
    assert table["sqlstate"].to_pylist() == ["40001", None]


_WORDS = st.sampled_from(
    ["process 7 still waiting for X on y after ", "9.5 ms", "connection authorized: user=", " a ",
     "database=", "disconnection: session time: ", "1:2:3", "temporary file: path ", ", size 7",
     'automatic vacuum of table "', '"', "\n", "ERROR:  ", "elapsed: ", " s", "ÿ", "deadlock"]
)  # fmt: skip


@given(st.lists(st.lists(_WORDS, max_size=8).map("".join), min_size=1, max_size=6))
def test_any_message_is_read_without_an_error(records, texts):
    found = records(*texts)
    everything = np.flatnonzero((found.bad == 0) & (found.owner == np.arange(len(found.start))))
    table, rows = read_events(found, everything[:0], everything)
    assert table.num_rows == len(rows) == len(everything)
