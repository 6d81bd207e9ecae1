"""MongoDB's structured log; the lines have the form of real ones of 4.4 to 8.0."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.fingerprint import fingerprint_id
from perfkit.formats.logs.mongodb_json import FORMAT
from perfkit.formats.model import Chunk

NOISE = (
    '"lsid":{"id":{"$uuid":"86cf813b-463a-4e7b-b8f8-c587441a9575"}},"$clusterTime":{"clusterTime":'
    '{"$timestamp":{"t":1627205936,"i":4}},"signature":{"hash":{"$binary":{"base64":"AAA=",'
    '"subType":"0"}},"keyId":6988792980442185732}},"$db":"shop","$readPreference":{"mode":"primary"}'
)
FIND = (
    '{"t":{"$date":"2026-11-20T10:00:00.500+01:00"},"s":"I",  "c":"COMMAND",  "id":51803,   '
    '"ctx":"conn12","msg":"Slow query","attr":{"type":"command","ns":"shop.orders","appName":"api",'
    '"command":{"find":"orders","filter":{"status":"open","total":{"$gt":5}},"sort":{"created":-1},'
    + NOISE
    + '},"planSummary":"COLLSCAN","planningTimeMicros":87,"keysExamined":0,"docsExamined":20889,'
    '"hasSortStage":true,"numYields":20,"nreturned":0,"queryHash":"ABC123","planCacheKey":"GHI789",'
    '"locks":{"Global":{"acquireCount":{"r":21}},"Collection":{"acquireCount":{"r":1},'
    '"timeAcquiringMicros":{"r":1500,"w":500}}},"storage":{"data":{"bytesRead":4248700}},'
    '"remote":"10.0.0.8:41712","protocol":"op_msg","durationMillis":250,"workingMillis":240}}'
)
QUIET = (
    '{"t":{"$date":"2026-11-20T09:00:01.000+00:00"},"s":"I",  "c":"NETWORK",  "id":51800,   '
    '"ctx":"conn12","msg":"client metadata","attr":{"remote":"10.0.0.8:41712"}}'
)
ACCEPTED = (
    '{"t":{"$date":"2026-11-20T09:00:02.000+00:00"},"s":"I",  "c":"NETWORK",  "id":22943,   '
    '"ctx":"listener","msg":"Connection accepted","attr":{"remote":"10.0.0.8:41712",'
    '"connectionId":77,"connectionCount":5}}'
)


def slow(command, *, seconds=3, ms=200, component="COMMAND", kind="command", **attributes):
    ns = attributes.pop("ns", "shop.orders")
    line = {
        "t": {"$date": f"2026-11-20T09:00:{seconds:02}.000+00:00"},
        "s": "I",
        "c": component,
        "id": 51803,
        "ctx": attributes.pop("ctx", "conn1"),
        "msg": "Slow query",
        "attr": {"type": kind, "ns": ns, "command": command, **attributes, "durationMillis": ms},
    }
    return json.dumps(line, separators=(",", ":"))


def log(*lines):
    return "".join(f"{line}\n" for line in lines).encode()


def row(parsed, *lines):
    (found,) = parsed(FORMAT, log(*lines)).tables["queries"].to_pylist()
    return found


def test_a_slow_query_is_a_row_with_everything_it_says(parsed):
    found = row(parsed, FIND)
    assert found["started_at"].isoformat() == "2026-11-20T09:00:00.250000+00:00"
    assert found["duration_ms"] == 250.0
    assert found["duration_kind"] == "server"
    assert found["system"] == "mongodb"
    assert found["database"] == "shop"
    assert found["application"] == "api"
    assert found["client"] == "10.0.0.8"
    assert found["session_id"] == "conn12"
    assert found["rows_examined"] == 20889
    assert found["rows_returned"] == 0
    assert found["lock_ms"] == 2.0
    expected = (
        '{"find":"orders","filter":{"status":"open","total":{"$gt":5}},"sort":{"created":-1}}'
    )
    assert found["statement"] == expected
    shape = "find shop.orders filter {status: ?, total: {$gt: ?}} sort {created: -1}"
    assert found["fingerprint"] == shape
    assert found["fingerprint_id"] == fingerprint_id(shape)


def test_the_plan_and_the_rest_are_in_the_attributes(parsed):
    said = json.loads(row(parsed, FIND)["attributes"])
    assert said["planSummary"] == "COLLSCAN"
    assert said["keysExamined"] == 0
    assert said["planCacheKey"] == "GHI789"
    assert said["workingMillis"] == 240
    assert said["storage"]["data"]["bytesRead"] == 4248700
    assert "command" not in said


def test_get_more_is_shown_as_what_opened_the_cursor(parsed):
    line = slow(
        {"getMore": 4878020600984711450, "collection": "orders", "batchSize": 100},
        originatingCommand={"find": "orders", "filter": {"a": 7}, "$db": "shop"},
    )
    found = row(parsed, line)
    assert found["fingerprint"] == "getMore find shop.orders filter {a: ?}"
    assert found["statement"] == '{"find":"orders","filter":{"a":7}}'


def test_a_failed_operation_has_its_error(parsed):
    line = slow(
        {"find": "o"}, ok=0, errMsg="operation exceeded time limit", errName="MaxTimeMSExpired"
    )
    assert row(parsed, line)["error"] == "MaxTimeMSExpired: operation exceeded time limit"


def test_a_command_on_the_database_is_named_by_its_collection(parsed):
    found = row(parsed, slow({"update": "customers", "ordered": True}, ns="shop.$cmd"))
    assert found["fingerprint"] == "update shop.customers"


def test_what_mongodb_cut_is_noted(parsed):
    line = slow({"find": "orders", "filter": {"a": "x"}})[:-1]
    line += ',"truncated":{"command":{"filter":{"b":{"type":"string","size":7340036}}}},"size":{}}'
    kinds = {note.kind for note in parsed(FORMAT, log(line)).notes}
    assert "truncated_statements" in kinds
    assert "threshold" in kinds


def test_connections_elections_errors_and_checkpoints_are_events(parsed):
    lines = [
        ACCEPTED,
        (
            '{"t":{"$date":"2026-11-20T09:00:03.000+00:00"},"s":"I","c":"NETWORK","id":22944,'
            '"ctx":"conn77","msg":"Connection ended","attr":{"connectionId":77}}'
        ),
        (
            '{"t":{"$date":"2026-11-20T09:00:04.000+00:00"},"s":"I","c":"REPL","id":21358,'
            '"ctx":"ReplCoord-0","msg":"Replica set state transition","attr":{"newState":"PRIMARY",'
            '"oldState":"SECONDARY"}}'
        ),
        (
            '{"t":{"$date":"2026-11-20T09:00:05.000+00:00"},"s":"E","c":"STORAGE","id":22435,'
            '"ctx":"conn9","msg":"WiredTiger error","attr":{"error":24,"message":"too many files"}}'
        ),
        (
            '{"t":{"$date":"2026-11-20T09:00:06.000+00:00"},"s":"I","c":"WTCHKPT","id":22430,'
            '"ctx":"Checkpointer","msg":"WiredTiger message","attr":{"message":{"session_name":'
            '"WT_SESSION.checkpoint","msg":"Checkpoint has been running for 40 seconds, wrote 9"}}}'
        ),
        (
            '{"t":{"$date":"2026-11-20T09:00:07.000+00:00"},"s":"I","c":"WTCHKPT","id":22430,'
            '"ctx":"Checkpointer","msg":"WiredTiger message","attr":{"message":"saving"}}'
        ),
    ]
    result = parsed(FORMAT, log(*lines))
    found = result.tables["events"].to_pylist()
    kinds = [each["kind"] for each in found]
    assert kinds == ["connection", "disconnection", "replication", "error", "checkpoint"]
    assert [each["session_id"] for each in found[:2]] == ["conn77", "conn77"]
    assert found[2]["message"] == "Replica set state transition: from SECONDARY, to PRIMARY"
    assert found[4]["duration_ms"] == 40_000.0
    assert result.irrelevant == 1


SINGLE = {"q": {"_id": 1}, "u": {"$set": {"a": 1}}, "multi": False, "upsert": False}


def written(ms, *, seconds=3, ctx="conn1"):
    return slow(SINGLE, seconds=seconds, ms=ms, component="WRITE", kind="update", ctx=ctx)


def command(ms, *, seconds=3, ctx="conn1"):
    return slow(
        {"update": "orders", "ordered": True}, seconds=seconds, ms=ms, ns="shop.$cmd", ctx=ctx
    )


def test_a_write_that_is_logged_twice_is_counted_once(parsed):
    result = parsed(FORMAT, log(written(199), command(200)))
    (found,) = result.tables["queries"].to_pylist()
    assert found["fingerprint"] == "update shop.orders filter {_id: ?} update {$set: {a: ?}}"
    assert result.used == 2
    assert "writes_logged_twice" in {note.kind for note in result.notes}


def test_a_command_of_many_fast_writes_stays(parsed):
    assert parsed(FORMAT, log(command(900))).tables["queries"].num_rows == 1
    assert parsed(FORMAT, log(written(120), command(900))).tables["queries"].num_rows == 2
    assert (
        parsed(FORMAT, log(written(200, ctx="other"), command(200))).tables["queries"].num_rows == 2
    )


def test_lines_are_used_irrelevant_or_rejected(parsed, accounts):
    data = log(FIND, QUIET, ACCEPTED, "", "not json", '{"a":1}', written(5), FIND)[:-40]
    result = parsed(FORMAT, data)
    accounts(result, 8)
    assert result.irrelevant == 2
    assert [bad.line for bad in result.rejected] == [5, 6, 8]
    assert "cut off" in result.rejected[0].reason
    assert "not a line of MongoDB" in result.rejected[1].reason


@pytest.mark.parametrize("size", [1, 700, 1500, 4096])
def test_chunks_of_any_size_give_the_same_rows(parsed, accounts, size):
    lines = []
    for second in range(0, 50, 2):
        ctx = f"conn{second % 6}"
        lines += [
            written(150, seconds=second, ctx=ctx),
            written(200, seconds=second, ctx=ctx),
            command(360, seconds=second, ctx=ctx),
            FIND,
            ACCEPTED,
            QUIET,
            command(900, seconds=second, ctx="bulk"),
        ]
    data = log(*lines)
    whole = parsed(FORMAT, data)
    parts = parsed(FORMAT, data, size=size)
    accounts(parts, len(lines))
    for name, table in whole.tables.items():
        assert parts.tables[name].drop(["source"]).to_pylist() == table.drop(["source"]).to_pylist()
    assert whole.tables["queries"].num_rows == 25 * 4


def test_it_is_recognised_even_when_the_head_ends_in_a_line(parsed):
    head = log(FIND, QUIET, FIND)
    assert FORMAT.recognises(head).confidence > 0.95
    assert FORMAT.recognises(head[:-30]).confidence > 0.9
    assert "structured log" in FORMAT.recognises(head).reason


@pytest.mark.parametrize(
    "data",
    [
        b'{"event":"request_finished","path":"/","duration_ms":2}\n' * 5,
        b'{"op":"query","ns":"shop.a","millis":1,"ts":{"$date":"2026-11-20T09:00:00Z"}}\n',
        b"2026-11-20 10:00:00.000 UTC [1] LOG:  duration: 1.0 ms  statement: select 1\n",
        b'{"t":1,"s":"I","c":"x"}\n',
        b"",
    ],
)
def test_other_logs_are_not_recognised(data):
    assert FORMAT.recognises(data).confidence == 0.0


LINE = st.one_of(
    st.sampled_from([FIND, QUIET, ACCEPTED, written(5), command(9), "", "{", "null", '"x"', "[]"])
    .map(str.encode)
    .flatmap(lambda line: st.integers(0, len(line)).map(lambda end: line[:end])),
    st.binary(max_size=60).map(lambda raw: raw.replace(b"\n", b"")),
)


@given(st.lists(LINE, max_size=12), st.booleans())
def test_whatever_is_in_a_line_is_accounted_for(lines, ended):
    data = b"\n".join(lines) + (b"\n" if ended and lines else b"")
    count = data.count(b"\n") + bool(data and not data.endswith(b"\n"))
    result = FORMAT.parse(Chunk.whole(data))
    assert result.lines == count
    rows = sum(table.num_rows for table in result.tables.values())
    assert result.irrelevant >= 0
    assert rows <= result.used
    assert result.used + result.irrelevant + result.rejected_lines == count


@pytest.mark.parametrize(
    "attr",
    [
        '{"durationMillis":"long"}',
        '{"durationMillis":1e400}',
        '{"durationMillis":99999999999999999999}',
        '{"durationMillis":-5}',
        '{"ns":7,"durationMillis":5}',
        '{"command":' + "[" * 100_000 + "}",
        '{"durationMillis":5,"docsExamined":1e30}',
        "{}",
        "null",
    ],
)
def test_hostile_attributes_reject_the_line_alone(parsed, attr):
    bad = FIND[: FIND.index('"attr":')] + f'"attr":{attr}}}'
    result = parsed(FORMAT, log(FIND, bad, FIND))
    assert result.rejected_lines == 1
    assert result.tables["queries"].num_rows == 2


@pytest.mark.parametrize(
    "value", ["{" * 5000, '"' * 5000, "\\" * 5000, '{"a":' * 200 + "1" + "}" * 200, "🦆" * 900]
)
def test_a_long_odd_value_takes_linear_time(parsed, value):
    line = slow({"find": "o", "filter": {"a": value * 40}})
    began = time.process_time()
    assert parsed(FORMAT, log(line)).tables["queries"].num_rows == 1
    assert time.process_time() - began < 3


def test_latin1_and_line_ends_of_windows_are_read(parsed):
    data = FIND.replace("open", "g\xfcnstig").encode("latin-1") + b"\r\n" + QUIET.encode() + b"\r\n"
    result = parsed(FORMAT, data)
    assert "g\xfcnstig" in result.tables["queries"]["statement"].to_pylist()[0]
    assert "encoding" in {note.kind for note in result.notes}


def test_an_empty_result_says_what_to_switch_on(parsed):
    result = parsed(FORMAT, log(QUIET))
    assert not result.tables
    assert "slowms" in result.missing
