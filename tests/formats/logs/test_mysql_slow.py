"""Slow query logs cut anywhere, spoilt in every way, and made of any bytes."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perfkit.formats.logs.mysql_slow import FORMAT
from perfkit.formats.model import Chunk, concatenate

HEAD = "# User@Host: app[app] @ web1 [10.0.0.1]  Id:     {}\n"
QUERY = "# Query_time: {}  Lock_time: 0.000010 Rows_sent: 1  Rows_examined: 2\n"


def record(text, *, time="", use="", seconds="0.001000", thread=5, stamp=1795258812):
    use = f"use {use};\n" if use else ""
    return (
        f"{time}{HEAD.format(thread)}{QUERY.format(seconds)}{use}SET timestamp={stamp};\n{text};\n"
    )


OPENED = (
    "/usr/sbin/mysqld, Version: 5.6.51-log (MySQL). started with:\n"
    "Tcp port: 3306  Unix socket: /tmp/mysql.sock\n"
    "Time                 Id Command    Argument\n"
)
FAKE = "# Time: 261121 11:00:00\n" + HEAD.format(9) + "# Query_time: wrong\n"
TEXTS = [
    "select 1",
    "select ';\n' -- ;\n, 2",
    "select 1,\n# User@Host: fake[fake] @ fake []\n# Time: 261121 11:00:00\n2",
    "select '\n" + HEAD.format(3) + "# a comment\n'",
    "# only a comment\nselect 2",
    "use other;\nSET timestamp=1;\nselect 3",
    "select 'mysqld, Version: 5. started with:\nTcp port: 1\nTime'",
    "select 'äöü', '\\'', \"\\\"\"",
    "administrator command: Quit",
]
LOG = OPENED + "".join(
    record(text, use="ab"[n % 2] if n % 3 == 0 else "", thread=n, stamp=1795258812 + n)
    + (OPENED if n == 5 else "")
    for n, text in enumerate(TEXTS * 3)
)


def in_pieces(data, size):
    """Parse as the engine does: whole records of some size, with what held before."""
    parts, position, lines, held = [], 0, 0, None
    while position < len(data):
        wanted = size
        while (ended := position + wanted >= len(data)) is False:
            at = FORMAT.cut(data[position : position + wanted])
            if at:
                break
            wanted *= 2
        piece = data[position:] if ended else data[position : position + at]
        chunk = Chunk(data=piece, head=data[:65536], first=not position, last=ended, before=held)
        part = FORMAT.parse(chunk)
        held = FORMAT.holds(piece, held)
        parts.append(part.shifted(lines))
        position, lines = position + len(piece), lines + part.lines
    return concatenate(parts)


def same(one, other):
    assert one.tables["queries"].to_pylist() == other.tables["queries"].to_pylist()
    assert (one.lines, one.irrelevant, one.rejected_lines) == (
        other.lines, other.irrelevant, other.rejected_lines,
    )  # fmt: skip
    assert (one.rejected, set(one.notes)) == (other.rejected, set(other.notes))


def test_statements_keep_their_lines_whatever_these_look_like(parsed):
    found = parsed(FORMAT, LOG.encode()).tables["queries"]["statement"].to_pylist()
    assert found == TEXTS * 3


@pytest.mark.parametrize("size", [1, 300, 700, 2_000, 1 << 20])
def test_pieces_of_any_size_give_equal_tables(parsed, accounts, size):
    whole = parsed(FORMAT, LOG.encode())
    accounts(whole, LOG.count("\n"))
    same(in_pieces(LOG.encode(), size), whole)


def test_the_database_in_use_holds_until_the_server_opens_the_log_again(parsed):
    data = OPENED + record("select 1") + record("select 2", use="shop") + record("select 3")
    data += OPENED + record("select 4")
    found = parsed(FORMAT, data.encode()).tables["queries"]["database"].to_pylist()
    assert found == [None, "shop", "shop", None]


def test_without_stamps_the_time_of_an_earlier_record_holds_in_the_zone_asked_for(parsed):
    data = record("select 1", time="# Time: 261121 11:00:12\n") + record("select 2")
    data = re.sub("SET timestamp.*\n", "", data).encode()
    for zone, hour in ((None, 11), ("Europe/Berlin", 10)):
        result = parsed(FORMAT, data, zone=zone)
        times = [str(row["started_at"]) for row in result.tables["queries"].to_pylist()]
        assert times == [f"2026-11-21 {hour}:00:11.999000+00:00"] * 2
        assert [note.kind for note in result.notes] == ["timezone_assumed"]
    same(in_pieces(data, 100), parsed(FORMAT, data))


@pytest.mark.parametrize(
    ("spoil", "reason", "lines"),
    [
        (lambda log: log[log.index("\n") + 1 :], "in an earlier file", 2),
        (lambda log: "the end of a statement;\n" + log, "in an earlier file", 1),
        (lambda log: log.replace("0.001000", "-1", 1), "numbers cannot be read", 4),
        (lambda log: log.replace("select 1;", "sel\0" + "\0" * 20 + ";", 1), "run of NUL", 4),
        (lambda log: log.replace("select 1;\n", "", 1), "no statement", 3),
        (lambda log: log[:-4], "is cut off", 4),
        (lambda log: log + FAKE, "is cut off", 3),
        (lambda log: log + FAKE[:30], "is cut off", 2),
    ],
)
def test_what_is_spoilt_is_rejected_alone_with_a_reason(parsed, accounts, spoil, reason, lines):
    log = OPENED + record("select 1") + record("select 2") + record("select 3")
    data = spoil(log).encode()
    result = parsed(FORMAT, data)
    accounts(result, data.count(b"\n") + (not data.endswith(b"\n")))
    assert result.rejected_lines == lines
    assert all(reason in bad.reason for bad in result.rejected[-1:])
    assert result.tables["queries"].num_rows >= 2


def test_a_last_statement_needs_no_line_end(parsed):
    data = (record("select 1") + record("select 2")).encode()[:-1]
    result = parsed(FORMAT, data)
    assert (result.tables["queries"].num_rows, result.rejected_lines) == (2, 0)


def test_lines_that_are_not_utf8_are_read_as_latin_1(parsed):
    result = parsed(FORMAT, record("select 'ä'").encode("latin-1"))
    assert result.tables["queries"]["statement"].to_pylist() == ["select 'ä'"]
    assert [note.kind for note in result.notes] == ["encoding", "time_resolution"]


def test_a_lock_time_below_zero_as_old_servers_print_it_is_unknown(parsed):
    data = record("select 1").replace("Lock_time: 0.000010", "Lock_time: 18446744073709.550781")
    (row,) = parsed(FORMAT, data.encode()).tables["queries"].to_pylist()
    assert (row["lock_ms"], row["duration_ms"]) == (None, 1.0)


def test_a_threshold_is_noted_from_the_beginning_of_the_log(parsed):
    data = "".join(record(f"select {n}", seconds=f"{n + 1}.5") for n in range(30)).encode()
    assert "threshold" in {note.kind for note in parsed(FORMAT, data).notes}
    assert "threshold" not in {note.kind for note in parsed(FORMAT, LOG.encode()).notes}


def test_a_rotated_log_begins_at_its_first_record():
    data = LOG.encode()
    assert FORMAT.begins(data) == 0
    assert FORMAT.begins(b"the end\nof a statement;\n" + data) == 24
    assert FORMAT.begins(b"nothing\n") == 0


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"2026-11-21 11:00:00 INFO # Query_time: 1\n",
        b"# Time: 261121 11:00:00\n# User@Host: a[a] @ b []\n",
        b"start_time,user_host,query_time,sql_text\n",
        b'{"sql": "# Query_time: 0.1  Lock_time: 0.1 Rows_sent: 1"}\n',
    ],
)
def test_other_texts_are_not_recognised(data):
    assert FORMAT.recognises(data).confidence == 0.0


def test_a_log_without_a_record_says_what_to_switch_on(parsed):
    result = parsed(FORMAT, OPENED.encode())
    assert (result.used, result.irrelevant) == (0, 3)
    assert "long_query_time=0" in result.missing


LINES = st.sampled_from(
    [
        *LOG.splitlines(keepends=True)[:40],
        *FAKE.splitlines(keepends=True),
        "# Time: 2026-11-21T11:00:12.5Z\n",
        "# Time: 2026-99-99T11:00:12.5Z\n",
        "# Schema: x  Last_errno: 1064  Killed: 9\n",
        "# Log_slow_rate_type: query  Log_slow_rate_limit: 3\n",
        "# Query_time: 1  Lock_time: 1 Rows_sent: 99999999999999999999  Rows_examined: 1\n",
        "SET timestamp=99999999999999;\n",
        "# administrator command: Ping;\n",
        "\0" * 20 + "\n",
        "\n",
        ";\n",
        "ä\r\n",
    ]
)


@settings(max_examples=150, deadline=None)
@given(st.lists(LINES, max_size=40), st.binary(max_size=30), st.integers(1, 2_000))
def test_any_lines_in_any_pieces_add_up_and_raise_nothing(accounts, lines, noise, size):
    data = "".join(lines).encode() + noise
    if not data:
        return
    whole = FORMAT.parse(Chunk.whole(data))
    accounts(whole, data.count(b"\n") + (not data.endswith(b"\n")))
    pieces = in_pieces(data, size)
    assert pieces.tables["queries"].to_pylist() == whole.tables["queries"].to_pylist()
    assert (pieces.lines, pieces.rejected_lines) == (whole.lines, whole.rejected_lines)


@pytest.mark.parametrize(
    "unit", ["select 1;\n", "# Query_time: 1\n", "# User@Host: \n", "use x;\n"]
)
def test_hostile_texts_take_linear_time(unit):
    import time

    def took(count):
        data = (record("select '") + unit * count).encode()
        start = time.process_time()
        FORMAT.parse(Chunk.whole(data))
        FORMAT.cut(data)
        FORMAT.holds(data, None)
        return time.process_time() - start

    took(1_000)
    assert took(200_000) < 40 * max(took(20_000), 0.02)
