"""Any usual log_line_prefix: real records, printed with the prefix as PostgreSQL would."""

import csv
import io

import pytest

from perfkit.formats.logs.pg_prefix import infer
from perfkit.formats.logs.postgres_stderr import FORMAT

PREFIXES = [
    "%m [%p] %q%u@%d/%a ",
    "%m [%p] %q%u@%d ",
    "%m [%p] ",
    "%t [%p] ",
    "%t [%p]: [%l-1] user=%u,db=%d,app=%a,client=%h ",
    "%t [%p]: user=%u,db=%d,app=%a,client=%h ",
    "%t:%r:%u@%d:[%p]:",
    "%m:%r:%u@%d:[%p]:%l:%e:%s:%v:%x:%c:%q%a:",
    "%t-%c-",
    "%n [%p] %q%u@%d/%a ",
    "%m [%p] %q[user=%u,db=%d,app=%a] ",
    "%m [%p]: [%l] %e user=%u db=%d ",
    "%m [%p]: [%l-1] db=%d,user=%u ",
    "%t [%p]: [%l-1] %c %x %d %u %a %h ",
    "%m [%p] %b %q%u@%d/%a ",
    "%m [%p] %Q %q%u@%d ",
    "%m [%p] (%P) %q%u@%d ",
    "sql_error_code = %e pid=%p db=%d user=%u ",
    "%m pid=%p,user=%u,db=%d,client=%r ",
    "[%m] [%p] db=%d,user=%u,app=%a,client=%h ",
    "< %m >",
    "%p %m %c ",
    "%h %m [%p] %q%u@%d ",
    "%m|%p|%u|%d|%a|",
    "app=%a,user=%u,db=%d,pid=%p,time=%m ",
    "time=%m pid=%p l=%l sess=%c tag=%i state=%e ",
    '"%m","%u","%d" ',
    "%m -- %u@%d(%h) -- ",
    "%t %p %i ",
]


def printed(template, row, number):
    at, user, database, pid, client, session, line = row[0:7] if len(row) > 6 else row
    values = {
        "m": at,
        "t": at[:19] + at[23:],
        "n": f"1795228420.{number % 1000:03}",
        "u": user or "[unknown]",
        "d": database or "[unknown]",
        "p": pid,
        "r": client and (client if client == "[local]" else f"{client}(5432)"),
        "h": client,
        "c": session,
        "l": line,
        "s": row[8],
        "v": row[9],
        "x": row[10],
        "e": row[12],
        "i": row[7],
        "a": row[22] or "[unknown]",
        "b": row[23],
        "P": row[24],
        "Q": row[25],
    }
    if not user:
        template = template.split("%q")[0]
        values |= {"u": "", "d": "", "a": ""}
    text = template.replace("%q", "")
    for name, value in values.items():
        text = text.replace(f"%{name}", value or "")
    return text


def log_with(template, rows):
    lines = []
    for number, row in enumerate(rows):
        message = row[13].replace("\n", "\n\t")
        lines.append(f"{printed(template, row, number)}{row[11]}:  {message}\n")
        if row[14]:
            detail = row[14].replace("\n", "\n\t")
            lines.append(f"{printed(template, row, number)}DETAIL:  {detail}\n")
    return "".join(lines).encode()


@pytest.fixture(scope="module")
def rows(real):
    found = list(csv.reader(io.StringIO(real("logs/pg15_start.csv.gz").decode())))
    return [row for row in found if len(row) == 26][:700]


@pytest.mark.parametrize("template", PREFIXES)
def test_the_fields_of_a_prefix_are_found(rows, parsed, accounts, template):
    data = log_with(template, rows)
    result = parsed(FORMAT, data)
    accounts(result, data.count(b"\n"))
    assert result.rejected == ()
    timed = "%m" in template or "%t" in template or "%n" in template
    assert FORMAT.recognises(data[:65536]).confidence > (0.9 if timed else 0.7)
    timed = [row for row in rows if row[13].startswith("duration: ")]
    queries = result.tables["queries"]
    assert queries.num_rows == len(timed)
    names = {"%p": ("session_id", 3), "%u": ("user", 1), "%d": ("database", 2)}
    names |= {"%a": ("application", 22)}
    if "%c" in template:
        names["%p"] = ("session_id", 5)
    for escape, (column, place) in names.items():
        if escape in template or (column == "session_id" and "%c" in template):
            assert queries[column].to_pylist() == [row[place] or None for row in timed], column
        else:  # nothing is guessed
            assert queries[column].null_count == queries.num_rows, column
    if "%h" in template or "%r" in template:
        assert queries["client"].to_pylist() == [row[4] or None for row in timed]
    if "%t" in template or "%m" in template:
        ends = [row[0][:19].replace(" ", "T") for row in rows]
        assert all(t is not None for t in queries["started_at"].to_pylist())
        events = result.tables["events"].to_pylist()
        assert {e["at"].isoformat()[:19] for e in events} <= set(ends)


def test_what_was_inferred_is_said(rows, parsed):
    notes = parsed(FORMAT, log_with("%m [%p] ", rows)).notes
    message = next(note.message for note in notes if note.kind == "prefix_inferred")
    assert "'%m [%p] '" in message
    assert "%u, %d" in message


def test_a_log_without_times_is_read_without_times(rows, parsed):
    data = log_with("[%p] ", rows)
    queries = parsed(FORMAT, data).tables["queries"]
    assert queries["started_at"].null_count == queries.num_rows
    assert queries["session_id"].null_count == 0


def test_verbose_messages_begin_with_their_sqlstate(rows, parsed):
    data = b"".join(
        f"2026-11-21 02:00:00 UTC [{row[3]}] {row[11]}:  {row[12]}: {row[13]}\n".replace(
            "\n", "\n\t", row[13].count("\n")
        ).encode()
        for row in rows
    )
    queries = parsed(FORMAT, data).tables["queries"]
    assert queries.num_rows == sum(row[13].startswith("duration: ") for row in rows)


@pytest.mark.parametrize(
    ("zone", "given", "utc", "noted"),
    [
        ("UTC", None, "02:00", False),
        ("GMT", None, "02:00", False),
        ("+02", None, "00:00", False),
        ("-0330", None, "05:30", False),
        ("CET", None, "01:00", True),
        ("CEST", None, "00:00", True),
        ("PST", None, "10:00", True),
        ("XYZ", None, "02:00", True),
        ("XYZ", "Asia/Tokyo", "17:00", True),
        ("CET", "Europe/Berlin", "01:00", True),
        ("UTC", "Europe/Berlin", "02:00", False),
    ],
)
def test_time_zones(parsed, zone, given, utc, noted):
    data = f"2026-11-21 02:00:00.000 {zone} [1] u@d/a LOG:  connection authorized: user=u\n" * 3
    result = parsed(FORMAT, data.encode(), zone=given)
    at = result.tables["events"]["at"].to_pylist()[0]
    assert at.strftime("%H:%M") == utc
    assert ("timezone_assumed" in {note.kind for note in result.notes}) is noted


def test_what_is_no_log_has_no_prefix():
    assert infer(b"GET / HTTP/1.1\n" * 20) is None
    assert infer(b"") is None


@pytest.mark.parametrize("template", PREFIXES)
def test_a_prefix_that_the_user_states_is_used(rows, parsed, template):
    data = log_with(template, rows)
    result = parsed(FORMAT, data, hints={"prefix": template})
    inferred = parsed(FORMAT, data)
    assert result.rejected == ()
    message = next(note.message for note in result.notes if note.kind == "prefix_inferred")
    assert message.startswith(f"log_line_prefix is, as stated, {template!r}")
    for table, found in result.tables.items():
        assert found.to_pylist() == inferred.tables[table].to_pylist()


def test_a_prefix_that_nobody_could_infer_can_be_stated(rows, parsed):
    template = "%a %u %d: %p %m "
    result = parsed(FORMAT, log_with(template, rows), hints={"prefix": template})
    timed = [row for row in rows if row[13].startswith("duration: ")]
    assert result.tables["queries"]["user"].to_pylist() == [row[1] or None for row in timed]


def test_a_client_is_its_host_without_the_port(parsed):
    line = b"2026-11-21 02:00:00 UTC:10.0.0.1(51234):u@d:[7]:LOG:  duration: 1.0 ms  statement: x\n"
    queries = parsed(FORMAT, line * 9).tables["queries"]
    assert set(queries["client"].to_pylist()) == {"10.0.0.1"}
    assert set(queries["session_id"].to_pylist()) == {"7"}


def test_lines_with_two_prefixes_are_read_both(rows, parsed, accounts):
    one = log_with("%m [%p] %q%u@%d/%a ", rows).splitlines(keepends=True)
    two = log_with("%t:%r:%u@%d:[%p]:", rows).splitlines(keepends=True)
    records, mixed = [b"", b""], []
    for pair in zip(one, two, strict=True):
        if not pair[0].startswith(b"\t"):
            mixed += records
            records = [b"", b""]
        records = [text + line for text, line in zip(records, pair, strict=True)]
    data = b"".join([*mixed, *records])
    result = parsed(FORMAT, data)
    accounts(result, data.count(b"\n"))
    assert result.rejected_lines <= data.count(b"\n") * 0.02
    timed = [row for row in rows if row[13].startswith("duration: ")]
    assert result.tables["queries"].num_rows == 2 * len(timed)


@pytest.mark.parametrize(
    ("language", "error", "statement", "duration"),
    [
        ("de", "FEHLER", "ANWEISUNG", "Dauer: 1.234 ms  Anweisung: select 1"),
        ("fr", "ERREUR", "INSTRUCTION ", "durée : 1.234 ms, instruction : select 1"),
        ("es", "ERROR", "SENTENCIA", "duración: 1.234 ms  sentencia: select 1"),
        ("ru", "ОШИБКА", "ОПЕРАТОР", "продолжительность: 1.234 мс, оператор: select 1"),
    ],
)  # fmt: skip
def test_errors_in_other_languages_are_found_and_what_to_set_is_said(
    parsed, accounts, language, error, statement, duration
):
    head = "2026-11-21 02:00:00.000 UTC [7] u@d/a "
    lines = [f"{head}LOG:  {duration}", f"{head}{error}:  {language}", f"{head}{statement}:  x"]
    data = "".join(f"{line}\n" for line in lines * 9).encode()
    assert FORMAT.recognises(data).confidence > 0.9
    result = parsed(FORMAT, data)
    accounts(result, 27)
    events = result.tables["events"].to_pylist()
    assert {event["kind"] for event in events} == {"error"}
    assert events[0]["attributes"] == f"ERROR:  {language}\nSTATEMENT:  x".encode()
    assert "lc_messages" in next(n.message for n in result.notes if n.kind == "localised")
    assert "lc_messages" in result.missing


@pytest.mark.parametrize(("word", "user"), [("bob", "bob"), ("node7", None)])
def test_a_word_is_a_user_only_if_no_message_says_otherwise(parsed, word, user):
    line = f"2026-11-21 02:00:00.000 UTC [7] {word} LOG:  "
    said = [
        "connection authorized: user=bob database=shop",
        "duration: 1.5 ms  statement: select 1",
    ]
    queries = parsed(FORMAT, "".join(f"{line}{text}\n" for text in said * 9).encode()).tables[
        "queries"
    ]
    assert set(queries["user"].to_pylist()) == {user}
    assert set(queries["session_id"].to_pylist()) == {"7"}


def test_a_line_that_no_prefix_fits_has_its_time(rows, parsed, accounts):
    odd = b"<<2026-11-21 02:00:00.000 UTC ;; ~>> LOG:  duration: 1.000 ms  statement: select 1\n"
    data = log_with("%m [%p] %q%u@%d ", rows) + odd
    result = parsed(FORMAT, data)
    accounts(result, data.count(b"\n"))
    assert result.rejected == ()
    last = result.tables["queries"].to_pylist()[-1]
    assert (last["statement"], last["user"]) == ("select 1", None)
    assert last["started_at"].isoformat().startswith("2026-11-21T01:59:59.999")
