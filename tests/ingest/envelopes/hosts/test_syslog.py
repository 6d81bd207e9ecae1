"""Syslog: what real rsyslog, journald and PostgreSQL wrote, and lines as the manuals show them."""

from __future__ import annotations

import gzip
import re
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

DATA = Path(__file__).parents[1] / "data"
#: PostgreSQL wrote these before its collector ran: they are in syslog alone.
BEFORE = (b"LOG:  redirecting log output", b"HINT:  Future log output")


def _read(name):
    return gzip.decompress((DATA / name).read_bytes())


def _records(lines):
    found = re.split(rb"\n(?!\t)", b"\n".join(lines))
    return Counter(b"\n".join(part.rstrip() for part in record.split(b"\n")) for record in found)


def _ns(text):
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 10**9


@pytest.mark.parametrize("size", [1 << 24, 4000])
@pytest.mark.parametrize(
    ("name", "stream"),
    [
        ("rsyslog_bsd", "vm/postgres"),
        ("rsyslog_file", "vm/postgres"),
        ("rsyslog_5424", "vm/postgres"),
        ("journald_short", "vm/postgres"),
        ("journald_short-iso", "vm/postgres"),
        ("journald_short-precise", "vm/postgres"),
        ("journald_json", "postgres"),
        ("journald_export", "postgres"),
        ("journald_json_without_all", "postgres"),
    ],
)
def test_what_postgresql_sent_in_parts_is_what_it_wrote_to_its_own_file(take, name, stream, size):
    taken = take(_read(f"{name}.log.gz"), size=size)
    own = _read(f"{name.split('_')[0]}_postgres_stderr.log.gz").splitlines()
    got = _records(line for line in taken.streams[stream] if not line.startswith(BEFORE))
    assert got == _records(own)
    assert all(taken.process[stream])
    if name.startswith("rsyslog"):  # byte for byte; journald cuts blanks off the end
        assert sorted(own) == sorted(x for x in taken.streams[stream] if not x.startswith(BEFORE))


@pytest.mark.parametrize("name", ["rsyslog_bsd", "rsyslog_file", "rsyslog_5424"])
def test_a_part_in_a_line_of_its_own_keeps_its_place(take, name):
    raw = _read(f"{name}.log.gz").splitlines()
    taken = take(_read(f"{name}.log.gz"))
    found = dict(zip(taken.line["vm/postgres"], taken.streams["vm/postgres"], strict=True))
    assert len(found) == len(taken.streams["vm/postgres"])
    for number, line in found.items():
        beginning = line[:20].replace(b"\t", b"#011").strip()
        assert beginning in raw[number - 1]


def test_other_programs_are_streams_of_their_own(take):
    taken = take(_read("rsyslog_bsd.log.gz"))
    assert taken.streams["vm/myapp"] == [b"two", b"lines"]
    assert taken.streams["vm/nginx"][0].startswith(b"127.0.0.1 - - [21/Nov/2026")


def test_times_of_rsyslog_with_and_without_year_agree(take):
    until = _ns("2026-11-25T00:00:00")
    bsd = take(_read("rsyslog_bsd.log.gz"), until=until)
    iso = take(_read("rsyslog_file.log.gz"))
    for stream, times in iso.at.items():
        assert [at // 10**9 for at in times] == [at // 10**9 for at in bsd.at[stream]]
    assert "year_assumed" in bsd.notes
    assert "timezone_assumed" in bsd.notes
    assert not iso.notes


def test_indented_lines_of_journalctl_belong_to_the_message_before(take):
    for size in (1 << 24, 300):
        taken = take(_read("journald_short.log.gz"), size=size)
        lines = taken.streams["vm/native"]
        at = lines.index(b"line one")
        assert lines[at : at + 3] == [b"line one", b"line two", b"\tline three"]


def test_markers_of_the_log_itself_are_irrelevant(take):
    taken = take(
        b"-- Journal begins at Mon 2026-11-01 --\n"
        b"Nov 21 11:00:00 h app[1]: one\n-- Boot 12ab --\n"
        b"Nov 21 11:00:01 h app[1]: message repeated 2 times: [ one]\nrubbish\n",
        "syslog",
    )
    assert taken.streams == {"h/app": [b"one"]}
    assert taken.irrelevant == 3
    assert [line for line, _ in taken.rejected] == [5]


def test_a_tag_may_have_no_process_and_a_line_a_priority(take):
    taken = take(b"<34>Oct 11 22:14:15 mymachine su: 'su root' failed on /dev/pts/8\n" * 2)
    assert taken.streams == {"mymachine/su": [b"'su root' failed on /dev/pts/8"] * 2}


def test_escaped_line_feeds_become_lines_of_one_place_and_colours_stay(take):
    taken = take(
        b"Nov 21 11:00:00 h postgres[1]: [7] LOG:  statement: select#012#011'#011627'\n"
        b"Nov 21 11:00:00 h postgres[1]: [8] LOG:  x\n"
    )
    assert taken.only == [b"LOG:  statement: select", b"\t'#011627'", b"LOG:  x"]
    assert taken.line["h/postgres"] == [1, 1, 2]


def test_numbers_in_brackets_of_other_programs_are_theirs(take):
    taken = take(b"Nov 21 11:00:00 h app[1]: [7] items\n")
    assert taken.only == [b"[7] items"]


@pytest.mark.parametrize(
    "line",
    [
        b"2026-11-21T11:00:00.123Z INFO server: request finished\n",
        b"2026-11-21T11:00:00+00:00 worker module: request finished\n",
        b"2026-11-21 11:00:00.123 UTC [123] LOG:  duration: 1.2 ms\n",
        b"Nov 21 11:00:00 something happened here\n",
    ],
)
def test_an_application_log_is_no_syslog(line):
    from perfkit.ingest.envelopes.opened import take_off

    assert take_off(line * 50) is None
