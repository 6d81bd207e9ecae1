"""The stderr log against its twins of the same run: csvlog and jsonlog, read by others."""

import collections
import csv
import io
import json
import pickle
import re
from dataclasses import replace

import pytest

from perfkit.formats.logs.postgres_csvlog import FORMAT as CSVLOG
from perfkit.formats.logs.postgres_stderr import FORMAT
from perfkit.formats.model import Chunk
from perfkit.formats.registry import formats
from perfkit.keep import Keep

#: The same, cut at each message: what is joined is joined across chunks as well.
EAGER = replace(
    FORMAT,
    cut=lambda data: max(
        (m.start() + 1 for m in re.finditer(rb"\n2[^\n]* LOG:  ", data)), default=0
    ),
)
LOGS = ["logs/pg15_start.log.gz", "logs/ae_json.log.gz", "logs/ae_text.log.gz"]


def rows(table, *names):
    return list(zip(*(table[name].to_pylist() for name in names), strict=True))


@pytest.mark.parametrize("name", LOGS)
def test_real_logs_are_recognised_by_this_format_alone(real, name):
    head = real(name)[:65536]
    sure = {item.name: item.recognises(head).confidence for item in formats()}
    assert sure.pop("postgres-stderr") > 0.9
    assert max(sure.values()) == 0.0


@pytest.mark.parametrize("name", LOGS)
def test_lines_of_real_logs_add_up(real, parsed, accounts, name):
    data = real(name)
    accounts(parsed(FORMAT, data), data.count(b"\n"))


@pytest.mark.parametrize("name", LOGS)
@pytest.mark.parametrize("size", [1_000, 30_000, 16 << 20])
def test_chunks_of_any_size_give_equal_tables(real, parsed, name, size):
    data = real(name)[: 100 * size]
    whole, cut = parsed(FORMAT, data), parsed(FORMAT, data, size=size)
    assert whole.tables.keys() == cut.tables.keys()
    for table, found in cut.tables.items():
        assert found.to_pylist() == whole.tables[table].to_pylist()
    assert (cut.lines, cut.irrelevant, cut.rejected) == (
        whole.lines,
        whole.irrelevant,
        whole.rejected,
    )
    assert set(cut.notes) == set(whole.notes)


def twin(real):
    """The records of the jsonlog that the same server wrote in the same second, decoded."""
    return [json.loads(line) for line in real("logs/pg15_start.json.gz").splitlines()[:-1]]


def test_statements_agree_with_the_jsonlog_of_the_same_run(real, parsed):
    table = parsed(FORMAT, real("logs/pg15_start.log.gz")).tables["queries"]
    found = collections.Counter(
        rows(table, "session_id", "user", "database", "application", "phase", "duration_ms")
    )
    pattern = re.compile(r"duration: ([0-9.]+) ms  (statement|parse|bind|execute)")
    wanted = collections.Counter()
    for record in twin(real):
        match = pattern.match(record["message"])
        if match:
            phase = match[2].replace("statement", "simple")
            who = (record.get("user"), record.get("dbname"), record.get("application_name"))
            wanted[str(record["pid"]), *who, phase, float(match[1])] += 1
    assert wanted.total() > 500
    assert not wanted - found


def test_texts_and_parameters_agree_with_the_jsonlog(real, parsed):
    table = parsed(FORMAT, real("logs/pg15_start.log.gz")).tables["queries"]
    names = ("session_id", "phase", "duration_ms", "statement", "parameters")
    found = set(rows(table, *names))
    pattern = re.compile(r"duration: ([0-9.]+) ms  (statement|execute)[^:]*: (.*)", re.DOTALL)
    compared = 0
    for record in twin(real):
        match = pattern.match(record["message"])
        if match:
            phase = match[2].replace("statement", "simple")
            detail = record.get("detail", "").removeprefix("parameters: ") or None
            assert (str(record["pid"]), phase, float(match[1]), match[3].strip(), detail) in found
            compared += 1
    assert compared > 300


def test_every_kind_of_event_is_found_as_often_as_the_csvlog_has_it(real, parsed):
    csv_rows = list(csv.reader(io.StringIO(real("logs/pg15_start.csv.gz").decode())))
    last = csv_rows[-2][0][:19]  # the csvlog is cut off earlier than the stderr log
    events = parsed(FORMAT, real("logs/pg15_start.log.gz")).tables["events"]
    kinds = collections.Counter(
        kind for kind, at in rows(events, "kind", "at") if str(at)[:19] < last
    )
    messages = [row[13] for row in csv_rows[:-1] if row[0][:19] < last]

    def count(pattern):
        return sum(bool(re.match(pattern, message)) for message in messages)

    assert kinds["connection"] == count("connection authorized") > 0
    assert kinds["disconnection"] == count("disconnection") > 0
    assert kinds["temp_file"] == count("temporary file") > 0
    assert kinds["autovacuum"] == count("automatic (aggressive )?vacuum") > 0
    assert kinds["autoanalyze"] == count("automatic analyze") > 0
    assert kinds["checkpoint"] == count("checkpoint complete") > 0


def test_events_carry_their_numbers_and_all_their_lines(real, parsed):
    events = parsed(FORMAT, real("logs/pg15_start.log.gz")).tables["events"]
    temp = [row for row in events.to_pylist() if row["kind"] == "temp_file"]
    assert [row["bytes"] for row in temp][:3] == [8192, 8192, 3883008]
    assert b"STATEMENT:  alter table pgbench_accounts" in temp[0]["attributes"]
    checkpoint = next(row for row in events.to_pylist() if row["kind"] == "checkpoint")
    assert checkpoint["duration_ms"] == 689.0
    deadlock = [row for row in events.to_pylist() if row["kind"] == "deadlock"]
    assert len(deadlock) == 1
    assert b"Process 12963 waits for" in deadlock[0]["attributes"]


@pytest.mark.parametrize(("name", "logged"), [("ae_json", 124 + 121), ("ae_text", 0)])
def test_a_plan_and_its_statement_are_counted_once(real, parsed, name, logged):
    tables = parsed(FORMAT, real(f"logs/{name}.log.gz")).tables
    phases = collections.Counter(tables["queries"]["phase"].to_pylist())
    plans = tables["plans"].num_rows
    assert phases["simple"] + phases["execute"] == logged
    if logged:  # one plan belongs to a statement that was logged before the file began
        assert (plans, phases[None]) == (223, 1)
    else:
        assert (plans, phases[None]) == (821, 821)


def test_plans_are_kept_verbatim_with_statement_and_fingerprint(real, parsed):
    tables = parsed(FORMAT, real("logs/ae_json.log.gz")).tables
    for row in tables["plans"].to_pylist():
        document = json.loads(row["plan"])
        assert document["Query Text"].strip() == row["statement"]
        assert document["Plan"]["Node Type"]
        assert len(row["fingerprint_id"]) == 16
    text = parsed(FORMAT, real("logs/ae_text.log.gz")).tables["plans"]
    assert all("(cost=" not in s for s in text["statement"].to_pylist())
    assert text["statement"].to_pylist()[2] == (
        "SELECT sku, qty, price FROM items WHERE order_id = $1 + 2;"
    )


def log(*lines):
    """A log with the usual prefix: each line is ``pid severity: text``, or a continuation."""
    text = ""
    for number, line in enumerate(lines):
        if line.startswith("\t"):
            text += line + "\n"
        else:
            pid, rest = line.split(" ", 1)
            text += f"2026-11-21 02:00:{number % 60:02}.000 UTC [{pid}] u@d/app {rest}\n"
    return text.encode()


def test_a_bare_duration_belongs_to_the_statement_logged_before_by_its_process(parsed):
    data = log(
        "1 LOG:  statement: select 1",
        "2 LOG:  statement: select 2",
        "1 LOG:  duration: 10.000 ms",
        "2 LOG:  duration: 20.000 ms",
        "2 LOG:  duration: 30.000 ms",
        "3 LOG:  statement: select 3",
        "3 ERROR:  no",
        "3 LOG:  duration: 40.000 ms",
    )
    for size in (None, 100):
        result = parsed(EAGER, data, size=size)
        found = rows(result.tables["queries"], "session_id", "statement", "duration_ms")
        assert found == [
            ("1", "select 1", 10.0),
            ("2", "select 2", 20.0),
            ("2", None, 30.0),
            ("3", "select 3", None),
            ("3", None, 40.0),
        ]
        assert {note.kind for note in result.notes} >= {
            "durations_without_statement",
            "statements_without_duration",
        }


def test_a_statement_began_its_duration_before_its_line(parsed):
    data = log("1 LOG:  duration: 1500.000 ms  statement: select 1")
    row = parsed(FORMAT, data).tables["queries"].to_pylist()[0]
    assert str(row["started_at"]) == "2026-11-21 01:59:58.500000+00:00"


PLAN = '\t{\n\t  "Query Text": "%s",\n\t  "Plan": {"Node Type": "Result"}\n\t}'


@pytest.mark.parametrize(
    ("lines", "statements"),
    [
        # simple: the plan is written before its statement
        (["P1", "S1", "P1", "S1"], 2),
        # executed: the plan is written when the portal is dropped, after its statement
        (["E1", "P1", "E1", "P1"], 2),
        # executed, the log begins behind the statement: its plan stands for it
        (["P1", "E1", "P1"], 2),
        # no statement was logged: the plans stand for them
        (["P1", "P2", "P1"], 3),
        # one text of two statements is logged once, with two plans
        (["PM", "PM", "SM"], 1),
        # the first execution was below the threshold of log_min_duration_statement
        (["P1", "P1", "S1"], 2),
        # log_statement and log_duration
        (["L1", "P1", "D"], 1),
        # an EXECUTE shows the text that was prepared
        (["PP", "X"], 1),
    ],
)
def test_plans_find_their_statements(parsed, lines, statements):
    written = {
        "P1": ["1 LOG:  duration: 1.000 ms  plan:", PLAN % "select 1"],
        "P2": ["1 LOG:  duration: 1.000 ms  plan:", PLAN % "select 2"],
        "PP": ["1 LOG:  duration: 1.000 ms  plan:", PLAN % "PREPARE p AS select 1"],
        "PM": ["1 LOG:  duration: 1.000 ms  plan:", PLAN % "select 1; select 2"],
        "SM": ["1 LOG:  duration: 2.000 ms  statement: select 1; select 2"],
        "S1": ["1 LOG:  duration: 2.000 ms  statement: select 1"],
        "E1": ["1 LOG:  duration: 2.000 ms  execute <unnamed>: select 1"],
        "L1": ["1 LOG:  statement: select 1"],
        "D": ["1 LOG:  duration: 2.000 ms"],
        "X": ["1 LOG:  duration: 2.000 ms  statement: EXECUTE p(1)"],
    }
    data = log(*(line for key in lines for line in written[key]))
    for size in (None, 150):
        tables = parsed(EAGER, data, size=size).tables
        assert tables["queries"].num_rows == statements
        assert tables["plans"].num_rows == sum(key[0] == "P" for key in lines)


def test_a_plan_inside_another_statement_is_no_statement(parsed):
    data = log(
        "1 LOG:  duration: 1.000 ms  plan:",
        PLAN % "select inner",
        '1 CONTEXT:  SQL function "f" statement 1',
        "1 LOG:  duration: 2.000 ms  statement: select f()",
    )
    tables = parsed(FORMAT, data).tables
    assert tables["queries"]["statement"].to_pylist() == ["select f()"]
    assert tables["plans"]["statement"].to_pylist() == ["select inner"]


def test_still_waiting_and_acquired_are_one_wait(parsed):
    lock = "ShareLock on transaction 760"
    data = log(
        f"7 LOG:  process 7 still waiting for {lock} after 1000.100 ms",
        "7 DETAIL:  Process holding the lock: 8. Wait queue: 7.",
        f"9 LOG:  process 9 still waiting for {lock} after 1000.200 ms",
        f"7 LOG:  process 7 acquired {lock} after 2500.300 ms",
    )
    for size in (None, 100):
        result = parsed(EAGER, data, size=size)
        assert rows(result.tables["events"], "kind", "duration_ms") == [
            ("lock_wait", 2500.3),
            ("lock_wait", 1000.2),
        ]
        assert (result.used, result.lines) == (4, 4)


def test_errors_have_sqlstate_where_the_prefix_names_it(parsed):
    data = b"".join(
        b"2026-11-21 02:00:00 UTC [%d] %s ERROR:  relation missing\n" % (n, state)
        for n, state in ((1, b"42P01"), (2, b"23505"))
    ).replace(b"ERROR", b"ERROR")
    head = b"2026-11-21 02:00:00 UTC [3] 00000 LOG:  connection authorized: user=u database=d\n"
    events = parsed(FORMAT, head * 3 + data).tables["events"]
    assert events["sqlstate"].to_pylist()[-2:] == ["42P01", "23505"]


def test_statements_of_several_lines_keep_their_line_ends(parsed):
    data = log("1 LOG:  duration: 1.0 ms  statement: select", "\t  1,", "\t\t2", "\t")
    row = parsed(FORMAT, data).tables["queries"].to_pylist()[0]
    assert row["statement"] == "select\n  1,\n\t2"
    assert row["line"] == 1


def test_carriage_returns_and_byte_order_marks_cost_nothing(real, parsed):
    data = real("logs/pg15_start.log.gz")
    plain, windows = parsed(FORMAT, data), parsed(FORMAT, data.replace(b"\n", b"\r\n"))
    assert windows.tables["queries"].equals(plain.tables["queries"])
    assert windows.lines == plain.lines


def test_bad_bytes_cost_their_record_alone(parsed, accounts):
    good = "1 LOG:  duration: 1.0 ms  statement: select 1"
    data = log(good, good, good, good)
    lines = data.splitlines(keepends=True)
    lines[1] = lines[1].replace(b"select 1", b"select\0 1")
    lines[2] = lines[2].replace(b"select 1", b"select '\xe9'")
    result = parsed(FORMAT, b"".join(lines))
    accounts(result, 4)
    assert [(bad.line, bad.reason) for bad in result.rejected] == [(2, "it holds a NUL byte")]
    assert result.tables["queries"]["statement"].to_pylist() == [
        "select 1",
        "select 'é'",
        "select 1",
    ]
    assert "encoding" in {note.kind for note in result.notes}


def test_cut_records_are_rejected_with_their_lines(parsed, accounts):
    whole = log("1 LOG:  duration: 1.0 ms  statement: select 1") * 2
    data = b"\tfrom t\n\twhere 1\n" + whole + whole[:-4]
    result = parsed(FORMAT, data)
    accounts(result, 6)
    assert result.tables["queries"].num_rows == 3
    assert [bad.line for bad in result.rejected] == [1, 6]
    assert result.rejected_lines == 3


def test_a_line_of_another_program_is_rejected_alone(parsed, accounts):
    good = log("1 LOG:  duration: 1.0 ms  statement: select 1")
    result = parsed(FORMAT, good + b"Killed\n\tby whom\n\n" + good)
    accounts(result, 5)
    assert result.rejected_lines == 2
    assert result.irrelevant == 1
    assert result.tables["queries"]["line"].to_pylist() == [1, 5]


@pytest.mark.parametrize("offset", range(0, 60, 7))
def test_mutated_and_truncated_real_bytes_never_raise_and_add_up(real, parsed, accounts, offset):
    import random

    chance = random.Random(offset)
    for name in LOGS:
        data = bytearray(real(name)[: 40_000 + offset * 101])
        for _ in range(60):
            place = chance.randrange(len(data))
            data[place : place + chance.randrange(4)] = chance.choice(
                [b"\0", b"\xff\xfe", b"\n", b"\n\t", b"\r\n", b":  ", b"{", b'"', b"99999999999"]
            )
        broken = bytes(data)
        accounts(parsed(FORMAT, broken), broken.count(b"\n") + (broken[-1:] != b"\n"))


def test_a_threshold_is_noticed(parsed):
    data = log("1 LOG:  duration: 250.0 ms  statement: select 1") * 30
    notes = {note.kind: note.message for note in parsed(FORMAT, data).notes}
    assert "250 ms" in notes["threshold"]
    assert "threshold" not in {
        n.kind for n in parsed(FORMAT, data.replace(b"250.0", b"0.250")).notes
    }


def test_hostile_lines_take_linear_time(parsed):
    import time

    data = log("1 LOG:  duration: 1.0 ms  statement: select 1") * 20
    data += b"user=" * 100_000 + b"\n" + b"2026-11-21 02:00:00.000 UTC [" * 30_000 + b"\n"
    before = time.process_time()
    result = parsed(FORMAT, data)
    assert time.process_time() - before < 5
    assert result.rejected_lines == 2


@pytest.mark.parametrize("item", [FORMAT, CSVLOG])
def test_as_many_zones_as_lines_take_linear_time(parsed, accounts, item):
    import time

    names = ["".join(chr(65 + n // 26**place % 26) for place in range(4)) for n in range(60_000)]
    line = "2026-11-21 02:00:00.000 {} [7] u@d LOG:  duration: 1.0 ms  statement: select 1\n"
    if item is CSVLOG:
        line = (
            '2026-11-21 02:00:00.000 {},"u","d",7,"[local]",6b01.2e,1,"x",2026-11-21 02:00:00 UTC'
            ',3/1,0,LOG,00000,"duration: 1.0 ms  statement: select 1",,,,,,,,,"a","b",,0\n'
        )
    data = "".join(map(line.format, names)).encode()
    before = time.process_time()
    result = parsed(item, data)
    assert time.process_time() - before < 5
    accounts(result, len(names))
    assert result.rejected_lines == 0
    assert len([note for note in result.notes if note.kind == "timezone_assumed"]) < 30


def test_a_detail_of_a_lost_message_is_lost_with_it(parsed, accounts):
    data = log(
        "1 LOG:  duration: 1.0 ms  execute a: select $1",
        "1 DETAIL:  parameters: $1 = '1'",
        "1 LOG:  duration: 1.0 ms  execute b: \0",
        "1 DETAIL:  parameters: $1 = '2'",
        "1 LOG:  duration: 1.0 ms  execute c: select $1",
    )
    result = parsed(FORMAT, data)
    accounts(result, 5)
    assert result.tables["queries"]["parameters"].to_pylist() == ["$1 = '1'", None]
    assert [bad.line for bad in result.rejected] == [3, 4]


def test_holes_of_nul_bytes_cost_the_record_behind_them(parsed, accounts):
    good = log("1 LOG:  duration: 1.0 ms  statement: select 1")
    data = good * 2 + b"\0" * 5000 + good * 2
    for size in (None, 100):
        result = parsed(FORMAT, data, size=size)
        accounts(result, 4)
        assert result.tables["queries"]["line"].to_pylist() == [1, 2, 4]


def test_records_outside_the_window_asked_for_are_not_read(parsed):
    lines = [
        f"2026-11-21 {hour:02}:00:00.000 UTC [7] u@d/a LOG:  duration: {ms} ms  statement: x\n"
        for hour, ms in ((1, 5), (8, 6), (9, 7), (10, 8), (11, 5_400_000), (12, 9))
    ]
    data = "".join(lines).encode()
    hour = 3_600 * 10**9
    day = 1_795_219_200 * 10**9
    keep = Keep(since=day + 9 * hour, until=day + 10 * hour)
    result = parsed(FORMAT, data, keep=keep)
    # The statement of 11:00 began at 9:30.
    assert result.tables["queries"]["duration_ms"].to_pylist() == [7.0, 8.0, 5_400_000.0]
    assert (result.lines, result.irrelevant, result.rejected_lines) == (6, 3, 0)
    everything = parsed(FORMAT, data).tables["queries"]
    assert (
        keep.rows(everything, "queries").to_pylist()
        == keep.rows(result.tables["queries"], "queries").to_pylist()
    )


def test_statements_that_failed_have_their_error_when_they_were_logged(parsed):
    data = log(
        "1 LOG:  statement: select 1/0",
        "1 ERROR:  22012: division by zero",
        "1 LOCATION:  int4div, int.c:841",
        "1 STATEMENT:  select 1/0",
        "1 LOG:  00000: statement: select 1",
        "1 LOG:  00000: duration: 1.0 ms",
    ).replace(b"LOG:  statement", b"LOG:  00000: statement")
    for size in (None, 80):
        tables = parsed(EAGER, data, size=size).tables
        assert rows(tables["queries"], "statement", "error", "duration_ms") == [
            ("select 1/0", "division by zero", None),
            ("select 1", None, 1.0),
        ]
        assert rows(tables["events"], "sqlstate", "message") == [("22012", "division by zero")]


def test_a_log_that_was_rotated_within_a_record_begins_with_the_next_one():
    data = log("1 LOG:  duration: 1.0 ms  statement: select", "\t  1,", "\t 2", "2 LOG:  x")
    rest = data[data.index(b"\t") :]
    assert FORMAT.begins(rest) == rest.index(b"2026")
    assert FORMAT.begins(data) == FORMAT.begins(b"\tno record\n") == FORMAT.begins(b"") == 0


@pytest.mark.parametrize("lines", [1, 2, 9, 30])
def test_a_last_line_without_an_end_is_rejected_whatever_the_chunks(parsed, accounts, lines):
    data = log(*["1 LOG:  duration: 1.0 ms  statement: select 1"] * lines)[:-1]
    whole, cut = (parsed(EAGER, data, size=size) for size in (None, 100))
    assert cut.rejected == whole.rejected
    assert whole.rejected_lines == (lines > 1)  # a line alone may have been pasted
    accounts(cut, lines)


def test_a_duration_that_no_server_can_have_is_none(parsed, accounts):
    line = "1 LOG:  duration: {}.0 ms  statement: select 1"
    data = log(*(line.format(ms) for ms in (1, 10**11, 10**15, 10**22)))
    result = parsed(FORMAT, data)
    accounts(result, 4)
    assert result.tables["queries"]["duration_ms"].to_pylist() == [1.0, 1e11]


@pytest.mark.parametrize("year", ["0001", "1700", "2300", "9999"])
def test_a_year_beyond_those_of_nanoseconds_is_no_time(parsed, accounts, year):
    data = log(*["1 LOG:  duration: 1.0 ms  statement: select 1"] * 4)
    result = parsed(FORMAT, data.replace(b"2026", year.encode(), 1))
    accounts(result, 4)
    assert [bad.reason for bad in result.rejected] == ["its time is no time"]


def test_parts_travel_between_processes(parsed):
    data = log("1 LOG:  statement: select 1", "1 LOG:  duration: 1.0 ms")
    halves = data.splitlines(keepends=True)
    chunks = [Chunk(data=half, head=data, last=False) for half in halves]
    parts = [FORMAT.parse(pickle.loads(pickle.dumps(chunk))) for chunk in chunks]
    found = FORMAT.mend([pickle.loads(pickle.dumps(part)) for part in parts])
    assert rows(found.tables["queries"], "statement", "duration_ms") == [("select 1", 1.0)]


def test_cut_parameters_are_noted(parsed):
    line = "1 LOG:  duration: 1.0 ms  execute a: select $1"
    whole = parsed(FORMAT, log(line, "1 DETAIL:  Parameters: $1 = 'abc'"))
    short = parsed(FORMAT, log(line, "1 DETAIL:  Parameters: $1 = 'ab...', $2 = 'x'"))
    kinds = [{note.kind for note in result.notes} for result in (whole, short)]
    assert [("parameters_truncated" in found) for found in kinds] == [False, True]


def test_without_a_process_id_nothing_is_joined_and_a_note_says_so(parsed):
    line = b"2026-11-21 02:00:00.000 UTC LOG:  "
    data = (line + b"statement: select 1\n" + line + b"duration: 1.0 ms\n") * 5
    result = parsed(FORMAT, data)
    assert result.tables["queries"].num_rows == 10
    message = next(note.message for note in result.notes if note.kind == "prefix_inferred")
    assert "not joined" in message
    assert "log_min_duration_statement" in result.missing


def test_logged_statements_at_full_length_leave_few_rows_to_other_chunks():
    pairs = ["{0} LOG:  statement: select {1}", "{0} LOG:  duration: {1}.0 ms"]
    data = log(*(text.format(pid, n) for n in range(300) for pid in (1, 2) for text in pairs))
    part = FORMAT.parse(Chunk.whole(data))
    assert part.tables["queries"].num_rows == 600
    assert "queries" not in part.pending or part.pending["queries"].num_rows <= 4
