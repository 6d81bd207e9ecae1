"""MongoDB's text log; the lines have the form of real ones of 2.6 to 4.2."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.formats.logs import mongodb_json
from perfkit.formats.logs.mongodb_text import FORMAT
from perfkit.formats.model import Chunk

FIND = (
    "2018-10-05T14:01:04.067+0200 I COMMAND  [conn206777] command shop.orders "
    'appName: "api \\"x\\"" command: find { find: "orders", filter: { customer: '
    "ObjectId('5a8c3a142053a407a936745e'), created: { $gte: new Date(1538740864067) }, status: "
    '{ $in: [ "open", "late" ] } }, sort: { created: -1 }, lsid: { id: UUID("832b4b0e-085a") }, '
    '$db: "shop" } planSummary: IXSCAN { customer: 1, created: -1 } keysExamined:50314 '
    "docsExamined:2 cursorExhausted:1 numYields:393 nreturned:7 queryHash:4C2AEC0B reslen:14980 "
    "locks:{ Global: { acquireCount: { r: 788 } }, Database: { acquireCount: { r: 394 }, "
    "acquireWaitCount: { r: 1 }, timeAcquiringMicros: { r: 10475, w: 25 } } } protocol:op_msg 219ms"
)
OLD_QUERY = (
    "2017-08-14T00:09:17.028-0400 I COMMAND  [conn555] query foo.bar query: { $query: { fieldA: "
    "/^12345.?\\/test.?$/ }, $orderby: { at: -1 } } planSummary: COLLSCAN ntoreturn:0 nscanned:2 "
    "nscannedObjects:1 keyUpdates:0 numYields:1 nreturned:1 reslen:1337 locks:{ Global: { "
    "acquireCount: { r: 4 } } } 134ms"
)
COUNT_26 = (
    '2014-06-09T17:30:10.759-0400 [conn4] command test.$cmd command: count { count: "foo", query: '
    "{ x: { $gt: 12345.0 } }, fields: {} } planSummary: COLLSCAN keyUpdates:0 numYields:287 "
    "locks(micros) r:253415 reslen:48 154ms"
)
UPDATE = (
    '2017-03-25T15:27:38.004-0400 I WRITE    [conn2] update shop.airline query: { _id: "AA" } '
    "planSummary: IDHACK update: { $inc: { count: 1 } } keysExamined:1 docsExamined:1 nMatched:1 "
    "nModified:1 numYields:0 locks:{ Global: { acquireCount: { r: 3, w: 3 } } } 929ms"
)
UPDATE_COMMAND = (
    "2017-03-25T15:27:38.004-0400 I COMMAND  [conn2] command shop.$cmd command: update { update: "
    '"airline", ordered: true, updates: [ { q: { _id: "AA" }, u: { $inc: { count: 1 } } } ] } '
    "keyUpdates:0 numYields:0 reslen:80 locks:{ Global: { acquireCount: { r: 2 } } } "
    "protocol:op_query 930ms"
)
QUIET = "2018-08-08T11:33:43.873+0800 I STORAGE  [conn2] createCollection: eosmain.accounts"
CONNECTED = (
    "2017-03-25T15:27:37.066-0400 I NETWORK  [thread1] connection accepted from 127.0.0.1:49330 #2 "
    "(2 connections now open)"
)


def log(*lines):
    return "".join(f"{line}\n" for line in lines).encode()


def row(parsed, line):
    (found,) = parsed(FORMAT, log(line)).tables["queries"].to_pylist()
    return found


def test_an_operation_is_a_row_with_everything_it_says(parsed):
    found = row(parsed, FIND)
    assert found["started_at"].isoformat() == "2018-10-05T12:01:03.848000+00:00"
    assert found["duration_ms"] == 219.0
    assert found["database"] == "shop"
    assert found["session_id"] == "conn206777"
    assert found["application"] == 'api \\"x\\"'
    assert (found["rows_examined"], found["rows_returned"]) == (2, 7)
    assert found["lock_ms"] == 10.5
    assert found["fingerprint"] == (
        "find shop.orders filter {created: {$gte: ?}, customer: ?, status: {$in: [?]}} "
        "sort {created: -1}"
    )
    said = json.loads(found["attributes"])
    assert said["planSummary"] == "IXSCAN { customer: 1, created: -1 }"
    assert said["keysExamined"] == 50314


def test_the_same_statement_has_the_same_fingerprint_as_in_the_json_log(parsed):
    line = (
        '{"t":{"$date":"2026-11-20T09:00:00.000Z"},"s":"I","c":"COMMAND","id":51803,"ctx":"conn1",'
        '"msg":"Slow query","attr":{"type":"command","ns":"shop.orders","command":{"find":"orders",'
        '"filter":{"status":{"$in":["x"]},"customer":{"$oid":"5a8c"},"created":{"$gte":{"$date":"'
        '2020-01-01T00:00:00Z"}}},"sort":{"created":-1},"$db":"shop"},"durationMillis":5}}'
    )
    (now,) = parsed(mongodb_json.FORMAT, log(line)).tables["queries"].to_pylist()
    assert row(parsed, FIND)["fingerprint_id"] == now["fingerprint_id"]


@pytest.mark.parametrize(
    ("line", "fingerprint", "ms"),
    [
        (OLD_QUERY, "find foo.bar filter {fieldA: ?} sort {at: -1}", 134),
        (COUNT_26, "count test.foo query {x: {$gt: ?}}", 154),
        (UPDATE, "update shop.airline filter {_id: ?} update {$inc: {count: ?}}", 929),
        (
            UPDATE_COMMAND,
            "update shop.airline updates filter {_id: ?} update {$inc: {count: ?}}",
            930,
        ),
        (
            (
                "2017-08-10T12:01:26.001-0400 I COMMAND  [conn9] getmore local.oplog.rs query: { "
                "ts: { $gte: Timestamp 1502380885000|3 } } planSummary: COLLSCAN cursorid:182824 "
                "keysExamined:0 docsExamined:0 numYields:1 nreturned:0 reslen:20 locks:{} 1000ms"
            ),
            "getMore find local.oplog.rs filter {ts: {$gte: ?}}",
            1000,
        ),
        (
            (
                '2017-11-08T16:26:54.393-0800 I WRITE    [conn1] remove test.foo appName: "MongoDB '
                'Shell" query: { x: { $lte: 1000.0 } } planSummary: COLLSCAN keysExamined:0 '
                "docsExamined:1000 ndeleted:1000 keysDeleted:1000 numYields:8 locks:{} 16ms"
            ),
            "delete test.foo filter {x: {$lte: ?}}",
            16,
        ),
        (
            (
                "2015-02-22T12:16:41.317+0700 I WRITE    [conn2] insert books.users query: { _id: "
                "ObjectId('54e9'), title: \"Java\" } ninserted:1 numYields:0 locks:{} 2031ms"
            ),
            "insert books.users",
            2031,
        ),
        (
            (
                "2019-04-04T10:55:50.236+0800 I WRITE    [conn280] update trade.assets command: { "
                "q: { uid: 6, frozen: { $lt: 1E-22 } }, u: { $unset: { frozen: 1 } } } "
                "planSummary: IXSCAN { uid: 1, asset.xmr: 1 } keysExamined:1 docsExamined:1 "
                "nMatched:1 nModified:1 numYields:1230 locks:{} 297573ms"
            ),
            "update trade.assets filter {frozen: {$lt: ?}, uid: ?} update {$unset: {frozen: ?}}",
            297573,
        ),
    ],
)
def test_operations_of_every_release_have_a_shape(parsed, line, fingerprint, ms):
    found = row(parsed, line)
    assert found["fingerprint"] == fingerprint
    assert found["duration_ms"] == ms


def test_old_names_of_counts_are_understood(parsed):
    assert row(parsed, OLD_QUERY)["rows_examined"] == 1
    assert row(parsed, COUNT_26)["rows_examined"] is None


def test_a_write_that_is_logged_twice_is_counted_once(parsed):
    (found,) = parsed(FORMAT, log(UPDATE, UPDATE_COMMAND)).tables["queries"].to_pylist()
    assert found["line"] == 1


def test_a_line_that_mongodb_cut_is_noted(parsed):
    line = FIND.replace(
        "] command",
        "] warning: log line attempted (54k) over max size (10k), printing beginning and "
        "end ... command",
    )
    result = parsed(FORMAT, log(line))
    assert result.tables["queries"].num_rows == 1
    assert "truncated_statements" in {note.kind for note in result.notes}


@pytest.mark.parametrize(
    ("said", "error"),
    [
        (
            'ok:0 errMsg:"operation exceeded time limit" errName:MaxTimeMSExpired errCode:50',
            "MaxTimeMSExpired: operation exceeded time limit",
        ),
        ("exception: E11000 duplicate key error code:11000", "E11000 duplicate key error"),
    ],
)
def test_a_failed_operation_has_its_error(parsed, said, error):
    assert row(parsed, FIND.replace("reslen:", f"{said} reslen:"))["error"] == error


def test_connections_errors_and_elections_are_events(parsed):
    lines = [
        CONNECTED,
        "2024-03-04T23:05:20.854+0800 I -        [conn2] end connection 1.1.1.1:50908 (5)",
        "2025-01-17T14:32:25.567+0000 E STORAGE  [conn126] WiredTiger error (24) checksum",
        "2019-01-17T14:32:25.567+0000 I REPL     [replexec-1] transition to PRIMARY from SECONDARY",
        QUIET,
    ]
    result = parsed(FORMAT, log(*lines))
    kinds = result.tables["events"]["kind"].to_pylist()
    assert kinds == ["connection", "disconnection", "error", "replication"]
    assert result.tables["events"]["session_id"].to_pylist()[0] == "conn2"
    assert result.irrelevant == 1


def test_lines_are_used_irrelevant_or_rejected(parsed, accounts):
    data = log(FIND, QUIET, "", "no log line", CONNECTED, UPDATE, FIND)[:-30]
    result = parsed(FORMAT, data)
    accounts(result, 7)
    assert [bad.line for bad in result.rejected] == [4, 7]
    assert "cut off" in result.rejected[1].reason


@pytest.mark.parametrize("size", [1, 500, 3000])
def test_chunks_of_any_size_give_the_same_rows(parsed, size):
    data = (
        log(FIND, UPDATE, UPDATE_COMMAND, QUIET, OLD_QUERY, UPDATE, CONNECTED, UPDATE_COMMAND) * 3
    )
    whole, parts = parsed(FORMAT, data), parsed(FORMAT, data, size=size)
    for name, table in whole.tables.items():
        assert parts.tables[name].drop(["source"]).to_pylist() == table.drop(["source"]).to_pylist()


def test_both_forms_are_recognised():
    assert FORMAT.recognises(log(FIND, QUIET)).confidence > 0.9
    assert FORMAT.recognises(log(FIND, QUIET)[:-9]).confidence > 0.9
    assert FORMAT.recognises(log(COUNT_26)).confidence > 0.8


@pytest.mark.parametrize(
    "data",
    [
        b"2026-11-20T10:00:00.000+0100 INFO [main] com.example.App - started\n" * 9,
        b"2026-11-20T10:00:00.000Z [worker-1] query took 12ms\n" * 9,
        b"2026-11-20 10:00:00.000 UTC [1] LOG:  duration: 1.0 ms  statement: select 1\n",
        b"",
    ],
)
def test_other_logs_are_not_recognised(data):
    assert FORMAT.recognises(data).confidence == 0.0


@given(
    st.sampled_from([FIND, OLD_QUERY, UPDATE_COMMAND, COUNT_26]),
    st.integers(0, 400),
    st.text(st.sampled_from("{}[]\"'\\:,ab $1"), max_size=8),
)
def test_any_damage_to_a_line_costs_that_line_at_most(line, at, text):
    data = log(line[:at] + text + line[at:], FIND)
    result = FORMAT.parse(Chunk.whole(data))
    assert result.lines == 2
    assert result.used + result.irrelevant + result.rejected_lines == 2
    assert result.tables["queries"]["line"].to_pylist()[-1] == 2


@pytest.mark.parametrize(
    "filler",
    ['\\"', "appName: ", 'errMsg:"', "exception: ", "{ a: ", "planSummary: A { ", "locks: { "],
)
def test_a_long_line_takes_linear_time(parsed, filler):
    line = FIND.replace("planSummary", filler * 40_000 + "planSummary")
    began = time.process_time()
    parsed(FORMAT, log(line))
    assert time.process_time() - began < 5
