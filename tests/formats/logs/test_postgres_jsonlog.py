import csv
import io
import json
import random

import pytest

from perfkit.formats.logs import postgres_csvlog, postgres_stderr
from perfkit.formats.logs.postgres_jsonlog import FORMAT
from perfkit.formats.registry import formats

NAMES = ["logs/pg15_start.json.gz", "logs/ae_json.json.gz"]
#: The columns of the csvlog as CloudNativePG's documentation prints them.
COLUMNS = [
    "log_time",
    "user_name",
    "database_name",
    "process_id",
    "connection_from",
    "session_id",
    "session_line_num",
    "command_tag",
    "session_start_time",
    "virtual_transaction_id",
    "transaction_id",
    "error_severity",
    "sql_state_code",
    "message",
    "detail",
    "hint",
    "internal_query",
    "internal_query_pos",
    "context",
    "query",
    "query_pos",
    "location",
    "application_name",
    "backend_type",
    "leader_pid",
    "query_id",
]


def line(number=1, message="duration: 1.000 ms  statement: select 1", **more):
    record = {
        "timestamp": f"2026-11-21 02:33:40.{number:03} UTC", "user": "u", "dbname": "d", "pid": 7,
        "remote_host": "::1", "remote_port": 51234, "session_id": "6b010304.2e24",
        "line_num": number, "error_severity": "LOG", "message": message,
        "application_name": "psql", "query_id": -85,
    } | more  # fmt: skip
    return json.dumps(record).encode() + b"\n"


@pytest.mark.parametrize("name", NAMES)
def test_a_real_log_is_recognised_by_this_format_alone(real, name):
    head = real(name)[:65536]
    sure = {item.name: item.recognises(head).confidence for item in formats()}
    assert sure.pop("postgres-jsonlog") > 0.9
    assert max(sure.values()) < 0.4


@pytest.mark.parametrize(
    "head",
    [
        b"", b"{}\n", b"[1]\n", b'{"timestamp": "2026-11-21 02:33:40 UTC", "message": "x"}\n' * 9,
        b'{"level": "info", "ts": 1.5, "logger": "postgres", "msg": "record"}\n' * 9,
        b'{"properties": {"message": "x"}, "time": "2023-08-17T10:00:08Z"}\n' * 9,
    ],
)  # fmt: skip
def test_other_json_is_not_recognised(head):
    assert FORMAT.recognises(head).confidence == 0.0


def test_every_record_of_a_real_log_is_read(real, parsed, accounts):
    data = real(NAMES[0])
    result = parsed(FORMAT, data)
    accounts(result, data.count(b"\n") + (not data.endswith(b"\n")))
    records = [json.loads(text) for text in data.splitlines()[: -1 if data[-1:] != b"\n" else None]]
    timed = [record for record in records if record["message"].startswith("duration: ")]
    queries = result.tables["queries"]
    for name, key in (("session_id", "session_id"), ("user", "user"), ("client", "remote_host")):
        assert queries[name].to_pylist() == [record.get(key) for record in timed]
    texts = [record["message"].split(": ", 2)[2].strip() or None for record in timed]
    assert queries["statement"].to_pylist() == texts


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("size", [300, 20_000, 200_000])
def test_chunks_of_any_size_give_equal_tables(real, parsed, name, size):
    data = real(name)[: 60 * size]
    whole, cut = parsed(FORMAT, data), parsed(FORMAT, data, size=size)
    assert whole.tables.keys() == cut.tables.keys()
    for table, found in cut.tables.items():
        assert found.to_pylist() == whole.tables[table].to_pylist()
    assert (cut.lines, cut.irrelevant) == (whole.lines, whole.irrelevant)


@pytest.mark.parametrize(
    "bad", [b"\n", b"{", b"nonsense", b'{"timestamp": 5}', b"\0\0\0", b"\xff\xfe", b"[]", b"null"]
)
def test_a_bad_line_is_lost_alone(parsed, accounts, bad):
    data = line(1) + bad.rstrip(b"\n") + b"\n" + line(2) + line(3)[:-9]
    result = parsed(FORMAT, data)
    accounts(result, 4)
    assert result.tables["queries"]["line"].to_pylist() == [1, 3]
    assert [item.line for item in result.rejected] == ([4] if bad == b"\n" else [2, 4])


@pytest.mark.parametrize(
    ("odd", "rejected"),
    [
        (line(2) + b"  \t\n", 0),
        (line(2)[:-1] + line(3), 1),
        (line(2).replace(b", ", b",\n ", 1), 2),
        (line(2)[:-1] + b"\r\n\r\n", 0),
        (b'{"a":' * 20_000 + b"\n", 1),
        (line(2, "[" * 20_000), 0),
        (b'{"logger": ' + b"[" * 20_000 + b"\n", 1),
    ],
)
@pytest.mark.parametrize("size", [None, 300])
def test_lines_that_hold_more_or_less_than_an_object(parsed, accounts, odd, rejected, size):
    data = line(0) + odd + line(9)
    result = parsed(FORMAT, data, size=size)
    accounts(result, data.count(b"\n"))
    assert result.rejected_lines == rejected
    lines = result.tables["queries"]["line"].to_pylist()
    assert (lines[0], lines[-1]) == (1, data.count(b"\n"))


def test_objects_that_are_nested_too_deeply_are_not_recognised():
    assert FORMAT.recognises(b'{"attr":' * 9_000 + b"\n").confidence == 0.0
    assert FORMAT.recognises((b'{"record":' * 900 + b"\n") * 9).confidence == 0.0


def test_a_log_is_recognised_behind_the_rest_of_a_record():
    assert FORMAT.recognises(line(1)[40:] + line(2) * 3).confidence > 0.9
    assert FORMAT.recognises(b"prose\n" + b'{"message": "x"}\n' * 3).confidence == 0.0


def test_a_last_line_without_an_end_is_used_when_it_is_whole(parsed):
    assert parsed(FORMAT, line(1) + line(2)[:-1]).tables["queries"].num_rows == 2


def test_a_client_is_its_host(parsed):
    assert parsed(FORMAT, line()).tables["queries"]["client"].to_pylist() == ["::1"]


def as_cloudnative(row):
    record = dict(zip(COLUMNS, row, strict=False))
    outer = {"level": "info", "ts": 1619781249.7, "logger": "postgres", "msg": "record"}
    return json.dumps(outer | {"record": record}) + "\n"


def test_cloudnativepg_holds_what_the_csvlog_holds(real, parsed, accounts):
    text = real("logs/pg15_start.csv.gz").decode()
    rows = [row for row in csv.reader(io.StringIO(text)) if len(row) == 26]
    other = '{"level":"info","ts":1.5,"logger":"instance-manager","msg":"starting"}\n'
    data = ("".join(map(as_cloudnative, rows)) + other).encode()
    found, wanted = parsed(FORMAT, data), parsed(postgres_csvlog.FORMAT, text.encode())
    accounts(found, len(rows) + 1)
    assert found.rejected_lines == 0
    assert FORMAT.recognises(data[:65536]).confidence > 0.9
    for table, rows_found in found.tables.items():
        same = wanted.tables[table].drop_columns(["line"]).to_pylist()
        assert rows_found.drop_columns(["line"]).to_pylist() == same


def as_azure(message, level="LOG", **more):
    """A record as Azure's documentation and pganalyze's tests show it."""
    record = {
        "timestamp": "2023-02-27 22:21:11.823 UTC", "processId": 2030, "errorLevel": level,
        "sqlerrcode": "00000" if level == "LOG" else "42703", "message": message,
    } | more  # fmt: skip
    outer = {"time": "2023-02-27T22:21:11.830Z", "category": "PostgreSQLLogs"}
    return json.dumps({"properties": record} | outer).encode() + b"\n"


def test_azures_lines_hold_what_the_text_log_holds(parsed, accounts):
    head = "2023-02-27 22:21:11.823 UTC [2030] [user=postgres,db=shop,app=pgbench] "
    bind = head + "LOG:  duration: 0.053 ms  execute <unnamed>: update t\nset a = $1"
    error = head + 'ERROR:  column "x" does not exist'
    data = (
        as_azure(bind, detail="parameters: $1 = '4234'") * 3
        + as_azure(error, "ERROR", statement="select x")
        + as_azure("duration: 1.5 ms  statement: select 2")
        + b"{}\n"
    )
    result = parsed(FORMAT, data)
    accounts(result, 6)
    assert result.rejected_lines == 1
    first, *_, last = result.tables["queries"].to_pylist()
    names = ("statement", "parameters", "duration_ms", "user", "database", "session_id")
    assert [first[name] for name in names] == [
        "update t\nset a = $1", "$1 = '4234'", 0.053, "postgres", "shop", "2030",
    ]  # fmt: skip
    assert (last["statement"], last["session_id"], last["line"]) == ("select 2", "2030", 5)
    assert str(last["started_at"]) == "2023-02-27 22:21:11.821500+00:00"
    event = result.tables["events"].to_pylist()[0]
    assert (event["kind"], event["sqlstate"]) == ("error", "42703")
    assert event["attributes"].endswith(b"\nSTATEMENT:  select x")
    assert "prefix_inferred" in {note.kind for note in result.notes}


@pytest.mark.parametrize("seed", range(10))
def test_mutated_real_bytes_never_raise_and_add_up(real, parsed, accounts, seed):
    chance = random.Random(seed)
    wrapped = as_azure("2023-02-27 22:21:11.8 UTC [20] LOG:  duration: 1.0 ms  statement: x") * 99
    for plain in (real(NAMES[seed % 2]), wrapped):
        data = bytearray(plain[: 30_000 + 7_001 * seed])
        for _ in range(30):
            place = chance.randrange(len(data))
            data[place : place + chance.randrange(4)] = chance.choice(
                [b"\0", b"\xff", b"\n", b'"', b'",', b"\r\n", b"\\t", b"}\n{", b"\\ud800"]
            )
        broken = bytes(data)
        for size in (None, 2_000):
            result = parsed(FORMAT, broken, size=size)
            accounts(result, broken.count(b"\n") + (broken[-1:] != b"\n"))


def test_the_text_log_of_the_same_server_is_another_format(real):
    assert FORMAT.recognises(real("logs/pg15_start.log.gz")[:65536]).confidence == 0.0
    assert postgres_stderr.FORMAT.recognises(real(NAMES[0])[:65536]).confidence == 0.0
