"""Chrome trace events: what tools write, what Perfetto makes of it, and what nobody should."""

import json
import pickle
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import perfkit
from perfkit.analyses.traces.forest import Forest
from perfkit.formats.model import Chunk
from perfkit.formats.registry import formats
from perfkit.formats.traces.chrome_named import digits, ids
from perfkit.formats.traces.chrome_trace import FORMAT
from perfkit.span_attributes import attributes, resources


def event(ph="X", ts=0, dur=None, name="work", pid=1, tid=1, **more):
    found = {"ph": ph, "ts": ts, "name": name, "pid": pid, "tid": tid, **more}
    return found if dur is None else {**found, "dur": dur}


def document(*events, **more):
    return json.dumps({"traceEvents": events, **more}).encode()


def spans(result):
    return result.tables["spans"].to_pylist() if "spans" in result.tables else []


def notes(result):
    return {note.kind: note.message for note in result.notes}


def ns(row):
    return row["started_at"].value, row["duration_ms"] and round(row["duration_ms"] * 1e6)


def parents(result):
    """Return the name of each span's parent by its own name."""
    rows = spans(result)
    names = {row["span_id"]: row["name"] for row in rows}
    return {row["name"]: names.get(row["parent_id"]) for row in rows}


# --- real files ---


def test_viztracer_calls_are_nested_as_they_were_called(real, parsed):
    result = parsed(FORMAT, real("traces/chrome/viztracer_vdb_basic.json"))
    above = parents(result)
    short = {name.split(" ")[0]: (up or "").split(" ")[0] for name, up in above.items()}
    assert short == {"h": "f", "g": "f", "f": "t", "t": ""} | {"h": short["h"]}
    assert (result.lines, result.used, result.irrelevant) == (19, 9, 10)
    assert notes(result)["not_spans"].endswith("4 counters, 6 objects")
    root = next(row for row in spans(result) if row["parent_id"] is None)
    assert ns(root) == (14853617516773, 186400)
    assert {row["trace_id"] for row in spans(result)} == {root["trace_id"]}


def test_viztracer_threads_have_names_and_self_times_add_up(real, parsed):
    data = real("traces/chrome/viztracer_multithread.json")
    result = parsed(FORMAT, data)
    table = result.tables["spans"]
    rows = table.to_pylist()
    events = [one for one in json.loads(data)["traceEvents"] if one["ph"] == "X"]
    assert [row["name"] for row in rows] == [one["name"] for one in events]
    assert [ns(row)[1] for row in rows] == [round(one["dur"] * 1000) for one in events]
    assert {row["service"] for row in rows} == {"MainProcess"}
    threads = {one["thread.name"] for one in resources(table)}
    assert threads == {"MainThread", "Thread-1", "Thread-2", "Thread-3", "Thread-4"}
    forest = Forest(table)
    own = table["self_ms"].to_numpy()
    for root in forest.roots.tolist():
        within = forest.top == root
        assert own[within].sum() == pytest.approx(rows[root]["duration_ms"], abs=1e-6)


@pytest.mark.parametrize("name", ["viztracer_fib", "viztracer_old"])
def test_other_ages_of_viztracer(real, parsed, accounts, name):
    data = real(f"traces/chrome/{name}.json")
    result = parsed(FORMAT, data)
    accounts(result, len(json.loads(data)["traceEvents"]))
    assert sum(row["parent_id"] is None for row in spans(result)) == 1


def test_pytorch_has_threads_with_names_and_times_since_1970(real, parsed, accounts):
    data = real("traces/chrome/pytorch_simple_add.json.gz")
    events = json.loads(data)["traceEvents"]
    result = parsed(FORMAT, data)
    accounts(result, len(events))
    rows = spans(result)
    wanted = [one for one in events if one["ph"] == "X"]
    assert [row["started_at"].value // 1000 for row in rows] == [one["ts"] for one in wanted]
    assert rows[0]["started_at"].year == 2023
    assert "relative_times" not in notes(result)
    said = attributes(result.tables["spans"])
    assert said[0]["cat"] == wanted[0]["cat"]
    assert [one.get("External id") for one in said] == [
        one["args"].get("External id") for one in wanted
    ]
    assert "Spans" in {row["service"] for row in rows}


def test_real_files_are_recognised_by_this_format_alone(real):
    for name in ("viztracer_fib.json", "viztracer_multithread.json", "pytorch_simple_add.json.gz"):
        head = real(f"traces/chrome/{name}")[:65536]
        sure = {item.name: item.recognises(head).confidence for item in formats()}
        assert sure.pop("chrome-trace") > 0.9
        assert max(sure.values()) < 0.4


@pytest.mark.parametrize(
    "name",
    ["jaeger/ui_01.json", "zipkin/yelp.json", "elastic/spans.ndjson", "otlp/proto_example.json"],
)
def test_other_traces_are_not_recognised(real, name):
    assert FORMAT.recognises(real(f"traces/{name}")[:65536]).confidence == 0.0


# --- recognition ---


@pytest.mark.parametrize(
    "head",
    [
        b'{"displayTimeUnit":"ns","traceEvents":[',
        b'[\n{"name":"a","ph":"X","ts":1,"dur":2,"pid":1,"tid":1},\n',
        b'[{"pid": 1, "args": {"a": [{}]}, "tid": "t", "ph": "M", "name": "process_name"}',
    ],
)
def test_objects_and_arrays_are_recognised(head):
    assert FORMAT.recognises(head).confidence > 0.9


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"[",
        b'[{"ph": 7, "name": "acid"}]',
        b'[{"ph": "neutral", "name": "soil"}]',
        b'[{"args": {"ph": "X", "ts": 1}}]',
        b'{"$schema":"https://www.speedscope.app/file-format-schema.json","profiles":[]}',
        b'{"nodes":[{"id":1,"callFrame":{}}],"startTime":1,"samples":[]}',
        b'{"msg": "wrote \\"traceEvents\\": [ to file"}',
        b"[" * 70_000,
    ],
)
def test_neighbours_are_not_recognised(head):
    assert FORMAT.recognises(head).confidence == 0.0


# --- situations that Perfetto's importer is tested with ---


def test_texts_for_process_thread_and_phase(parsed):
    (row,) = spans(
        parsed(FORMAT, document(event("XXX", 5.1, 500.1, "exec", pid="shop", tid="worker")))
    )
    assert ns(row) == (5100, 500100)
    assert row["service"] == "shop"
    assert json.loads(row["resource"]) == {"process.pid": "shop", "thread.id": "worker"}


def test_the_parent_may_come_after_its_child_and_a_thread_may_be_left_out(parsed):
    child, parent = event(ts=1, dur=5, name="child"), event(ts=1, dur=10, name="parent")
    del child["tid"]  # that of the process
    assert parents(parsed(FORMAT, document(child, parent))) == {"child": "parent", "parent": None}


@pytest.mark.parametrize("end", [b"", b"]", b",", b" ,\n]", b",\n  "])
def test_arrays_may_be_unterminated_or_end_with_a_comma(parsed, end):
    data = json.dumps([event(ts=4619295550.0, dur=8000.0, pid=306339, tid=3)]).encode()[:-1] + end
    result = parsed(FORMAT, data)
    assert [ns(row) for row in spans(result)] == [(4619295550000, 8000000)]
    assert (result.lines, result.used) == (1, 1)
    assert "truncated" not in notes(result)


def test_objects_may_have_a_trailing_comma_too(parsed):
    data = document(event(ts=4890.0, dur=3764289.708), displayTimeUnit="ms").replace(b"]", b",]")
    assert [ns(row) for row in spans(parsed(FORMAT, data))] == [(4890000, 3764289708)]


def test_ends_of_other_names_end_nothing_and_instants_are_no_spans(parsed):
    result = parsed(
        FORMAT,
        document(
            event("B", 100, name="begun", cat="c", args={"n": 1}),
            event("E", 200, name="ended", cat="c"),
            event("X", 250, 50, "complete", tid=2, args={"x": None}),
            *(event(ph, 300, name="now", s=s) for ph in "IiR" for s in "gpt"),
        ),
    )
    assert [(row["name"], *ns(row)) for row in spans(result)] == [
        ("begun", 100_000, None),
        ("complete", 250_000, 50_000),
    ]
    assert (result.used, result.irrelevant) == (2, 10)
    assert "1 of 2 events began and never ended" in notes(result)["unfinished"]
    assert notes(result)["unbegun"].startswith("1 ends")
    assert "9 instants" in notes(result)["not_spans"]


def test_names_come_later_and_absent_processes_are_0(parsed):
    named = {"name": "shop"}
    begun, complete = event("B", 790, name="a", pid=30, tid=31), event("X", 970, 10, "nobody")
    del complete["pid"], complete["tid"]
    result = parsed(
        FORMAT,
        document(
            begun,
            event("E", 815, name="a", pid=30, tid=31),
            event("M", 830, name="process_name", pid=30, tid=0, args=named),
            event("M", 840, name="thread_name", pid=30, tid=31, args={"name": "main"}),
            event("M", 850, name="process_sort_index", pid=30, args={"sort_index": -2}),
            event("B", 900, name="plain", pid=30, tid=32),
            {"ph": "E", "pid": 30, "tid": 32, "ts": 950},
            complete,
        ),
    )
    first, second, third = spans(result)
    assert [ns(row) for row in (first, second, third)] == [
        (790_000, 25_000), (900_000, 50_000), (970_000, 10_000),
    ]  # fmt: skip
    assert [row["service"] for row in (first, second, third)] == ["shop", "shop", None]
    assert json.loads(first["resource"])["thread.name"] == "main"
    assert json.loads(third["resource"]) == {"process.pid": "0", "thread.id": "0"}
    assert "not_spans" not in notes(result)


def test_times_may_be_texts(parsed):
    result = parsed(
        FORMAT,
        document(
            event("B", "100", name="a"),
            event("E", "200.5", name="a"),
            event("X", "250", "50.5", tid=2),
            event("X", "300", "invalid", tid=3),
            event("X", "100a", "50", tid=4),
            event("X", None, 5, tid=4),
        ),
    )
    assert [ns(row) for row in spans(result)] == [
        (100_000, 100_500), (250_000, 50_500), (300_000, None),
    ]  # fmt: skip
    assert [bad.line for bad in result.rejected] == [5, 6]


@pytest.mark.parametrize(
    "identity", [{"id": "0x31"}, {"id": 7}, {"id2": {"global": 1}}, {"id2": {"local": "a"}}]
)
def test_asynchronous_pairs_meet_by_category_and_id(parsed, identity):
    result = parsed(
        FORMAT,
        document(
            event("b", 1850244461563845.0, name="write", cat="io", **identity),
            event("b", 1850244461563846.0, name="other", cat="net", **identity),
            event("e", 1850244461563850.0, name="other", cat="net", **identity),
            event("e", 1850244461564012.0, name="write", cat="io", tid=9, **identity),
        ),
    )
    rows = spans(result)
    assert [ns(row)[1] for row in rows] == [167_000, 4_000]
    assert ns(rows[0])[0] == 1850244461563845000
    assert [row["parent_id"] for row in rows] == [None, None]
    assert rows[0]["trace_id"] != rows[1]["trace_id"]


def test_local_ids_are_those_of_one_process(parsed):
    local = {"cat": "io", "name": "a", "id2": {"local": 1}}
    result = parsed(
        FORMAT,
        document(
            event("b", 1, pid=1, **local), event("b", 2, pid=2, **local),
            event("e", 5, pid=1, **local), event("e", 9, pid=2, **local),
        ),
    )  # fmt: skip
    assert [ns(row)[1] for row in spans(result)] == [4_000, 7_000]


@pytest.mark.parametrize("identity", [{}, {"id": ""}, {"id2": {"": "x"}}, {"id2": 5}])
def test_asynchronous_events_without_an_id_are_rejected(parsed, accounts, identity):
    result = parsed(FORMAT, document(event("b", 1, **identity), event("e", 2, **identity), event()))
    accounts(result, 3)
    assert result.rejected_lines == 2
    assert "id" in result.rejected[0].reason


def test_asynchronous_events_of_one_id_nest_though_the_file_is_not_in_order(parsed):
    shared = {"cat": "can", "id": "0x31", "pid": 0, "tid": 0}
    result = parsed(
        FORMAT,
        document(
            event("b", 0, name="request", **shared),
            event("b", 0, name="first", **shared),
            event("e", 1, name="first", **shared),
            event("b", 0, name="same time", **shared),
            event("e", 1, name="same time", **shared),
            event("b", 2, name="last", **shared),
            event("e", 4, name="last", **shared),
            event("e", 4, name="request", **shared),
        ),
    )
    assert [(row["name"], ns(row)[1]) for row in spans(result)] == [
        ("request", 4_000), ("first", 1_000), ("same time", 1_000), ("last", 2_000),
    ]  # fmt: skip
    assert parents(result)["last"] == "request"


def test_old_asynchronous_events_meet_by_name_and_id(parsed):
    result = parsed(
        FORMAT,
        document(
            event("S", 1, name="a", id=1), event("S", 2, name="b", id=1),
            event("T", 3, name="a", id=1), event("F", 4, name="a", id=1, pid=2),
            event("F", 9, name="b", id=1),
        ),
    )  # fmt: skip
    assert [ns(row)[1] for row in spans(result)] == [3_000, 7_000]
    assert "1 steps of asynchronous events" in notes(result)["not_spans"]


def test_counters_and_flows_are_counted(parsed):
    result = parsed(
        FORMAT,
        document(
            event("C", 1, args={"n": ".75"}), event("s", 1, id=1), event("f", 2, id=1, bp="e"),
            event("P", 1), event("v", 1, id=2), event("?", 1), event("", 1),
        ),
    )  # fmt: skip
    assert spans(result) == []
    assert (result.lines, result.irrelevant) == (7, 7)
    for text in ("1 counters", "2 flows", "1 samples", "1 memory dumps", "2 events of unknown"):
        assert text in notes(result)["not_spans"]


# --- what the tables hold ---


def test_arguments_and_category_are_attributes_and_conventions_are_read(parsed):
    result = parsed(
        FORMAT,
        document(
            event(ts=0, dur=90, name="GET /a/{id}", cat="app", args={
                "span.kind": "server", "http.request.method": "GET", "http.route": "/a/{id}"}),
            event(ts=10, dur=50, name="query", args={
                "db.system": "postgresql", "db.statement": "SELECT 1 FROM t WHERE a = 5"}),
            event("B", 70, name="json.dumps (json/__init__.py:1)", cat="FEE", args={"n": 1}),
            event("E", 80, name=None, args={"bytes": 5}),
        ),
    )  # fmt: skip
    table = result.tables["spans"]
    assert table["category"].to_pylist() == ["app", "db", "serialize"]
    assert attributes(table)[0]["cat"] == "app"
    assert attributes(table)[2] == {"cat": "FEE", "n": 1, "bytes": 5}
    (request,), (query,) = (result.tables[name].to_pylist() for name in ("requests", "queries"))
    root, asked, _ = spans(result)
    assert (request["route"], request["trace_id"]) == ("/a/{id}", root["trace_id"])
    assert query["fingerprint"] == "select ? from t where a = ?"
    assert (query["span_id"], query["trace_id"]) == (asked["span_id"], root["trace_id"])
    assert (query["duration_ms"], request["duration_ms"]) == (0.05, 0.09)
    assert root["self_ms"] == pytest.approx(0.09 - 0.05 - 0.01)


@pytest.mark.parametrize("args", [None, [], [1], "text", 5, {}, {"a": {"ph": "X", "b": []}}])
def test_arguments_may_be_anything(parsed, args):
    result = parsed(FORMAT, document(event(dur=1, args=args, cat='a"b')))
    (said,) = attributes(result.tables["spans"])
    assert said.pop("cat") == 'a"b'
    assert bool(said) == (args not in (None, {}))


def test_a_top_level_event_is_a_trace_of_its_own_with_ids_of_the_file(parsed):
    rows = [event(ts=0, dur=10), event(ts=2, dur=3), event(ts=20, dur=5), event(ts=0, dur=9, tid=2)]
    first = spans(parsed(FORMAT, document(*rows)))
    assert len({row["trace_id"] for row in first}) == 3
    assert first[0]["trace_id"] == first[1]["trace_id"]
    assert spans(parsed(FORMAT, document(*rows))) == first
    other = spans(parsed(FORMAT, document(*rows, otherData={"run": 2})))
    assert not {row["trace_id"] for row in first} & {row["trace_id"] for row in other}
    assert all(len(row["trace_id"]) == 32 and len(row["span_id"]) == 16 for row in first)


def test_events_that_overlap_are_named_and_no_callers(parsed):
    result = parsed(FORMAT, document(event(ts=0, dur=10, name="a"), event(ts=5, dur=10, name="b")))
    assert parents(result) == {"a": None, "b": None}
    assert notes(result)["overlaps"].startswith("1 of 2 events overlap")


def test_relative_times_are_named_and_a_base_is_added(parsed):
    data = document(event(ts=1.5, dur=1))
    assert "1970" in notes(parsed(FORMAT, data))["relative_times"]
    for more in ({"baseTimeNanoseconds": 1696115640000000000},
                 {"viztracer_metadata": {"baseTimeNanoseconds": 1696115640000000000}}):  # fmt: skip
        result = parsed(FORMAT, document(event(ts=1.5, dur=1), **more))
        assert ns(spans(result)[0])[0] == 1696115640000001500
        assert "relative_times" not in notes(result)
    absolute = document(event(ts=77, dur=1), baseTimeNanoseconds=5 * 10**17)
    absolute = absolute.replace(b"77", b"1694039968933321.125")
    assert ns(spans(parsed(FORMAT, absolute))[0])[0] == 1694039968933321125


def test_a_trace_cut_off_within_an_event_is_named(parsed, accounts):
    data = document(*(event(ts=n, dur=1, args={"n": [n]}) for n in range(5)))
    result = parsed(FORMAT, data[: data.rindex(b"args")])
    accounts(result, 5)
    assert (result.used, result.rejected_lines) == (4, 1)
    assert "truncated" in notes(result)


def test_one_bad_event_costs_itself_alone(parsed, accounts):
    rows = [event(ts=n, dur=1, name=f"n{n}") for n in range(20)]
    rows[3]["name"], rows[5]["ph"], rows[7]["args"] = 5, None, {"loss": float("nan")}
    result = parsed(FORMAT, document(*rows).replace(b'"n9"', b'"n9'))
    accounts(result, 20)
    assert [bad.line for bad in result.rejected] == [4, 6, 10]
    assert [row["line"] for row in spans(result)][:5] == [1, 2, 3, 5, 7]
    assert attributes(result.tables["spans"])[5] == {"loss": None}


@given(st.lists(st.integers(0, 2**32 - 1), min_size=1))
def test_ids_are_the_numbers_in_hexadecimal(numbers):
    words = digits(np.array(numbers))
    assert ids("0" * 8, words).to_pylist() == [f"{number:016x}" for number in numbers]
    assert ids(words, "cafebabe", words)[0].as_py() == f"{numbers[0]:08x}cafebabe{numbers[0]:08x}"


# --- any chunks, any bytes ---


def made(chance, count):
    """Events of every kind, nested on a few threads, ends and names far from what they are of."""
    rows = [event("M", name="process_name", args={"name": "shop"})]
    rows += [event("M", name="thread_name", tid=n, args={"name": f"T{n}"}) for n in range(3)]
    for number in range(count):
        at, length = chance.randrange(10**6), chance.randrange(1, 10**4)
        kind = chance.choice("XXXXBbSCi")
        args = {"http.route": f"/r/{number % 5}", "span.kind": "server"} if number % 3 else {"n": 1}
        one = event(
            kind, at / 8, None, f"n{number % 7}", 1, chance.randrange(3), args=args, cat="c"
        )
        if kind == "X":
            one["dur"] = length / 8
        elif kind in "BbS":
            one["id"] = number if kind != "B" else None
            ended = {**one, "ph": {"B": "E", "b": "e", "S": "F"}[kind], "ts": (at + length) / 8}
            rows.append({**ended, "args": {"rows": number}})
        rows.append(one)
    chance.shuffle(rows)
    return rows


@pytest.mark.parametrize("size", [700, 5_000, 40_000])
@pytest.mark.parametrize("layout", [{}, {"indent": 1}])
def test_chunks_of_any_size_give_equal_tables(parsed, accounts, size, layout):
    rows = made(random.Random(3), 300)
    data = json.dumps({"a": 1, "traceEvents": rows, "otherData": {"b": [{}]}}, **layout).encode()
    whole, cut = parsed(FORMAT, data), parsed(FORMAT, data, size=size)
    accounts(whole, len(rows))
    assert set(whole.tables) == {"spans", "requests"}
    for name, table in whole.tables.items():
        assert cut.tables[name].to_pylist() == table.to_pylist()
    assert (cut.lines, cut.irrelevant, set(cut.notes)) == (
        whole.lines, whole.irrelevant, set(whole.notes),
    )  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_nested_calls_are_recovered_from_complete_events_and_from_pairs(data):
    rows, above = [], {}

    def call(begin, end, parent):
        at = begin
        while at < end - 1 and data.draw(st.booleans()):
            start = data.draw(st.integers(at, end - 2))
            stop = data.draw(st.integers(start + 1, end - 1))
            name = f"n{len(above)}"
            above[name] = parent
            if data.draw(st.booleans()):
                rows.append((start, stop, event("X", start, stop - start, name)))
                call(start, stop, name)
            else:
                rows.append((start, stop, event("B", start, name=name)))
                call(start, stop, name)
                rows.append((stop, stop, event("E", stop, name=name)))
            at = stop + 1

    call(0, 200, None)
    if not above:
        return
    parsed = FORMAT.parse(_chunk(document(*(one for *_, one in rows))))
    found = FORMAT.combine([parsed])
    assert parents(found) == above
    forest = Forest(found.tables["spans"])
    own = found.tables["spans"]["self_ms"].to_numpy()
    for root in forest.roots.tolist():
        total = own[forest.top == root].sum()
        assert total == pytest.approx(forest.length[root] / 1e6, abs=1e-9)


def _chunk(data):
    return Chunk.whole(data)


def test_what_a_chunk_carries_travels_between_processes():
    done = FORMAT.parse(_chunk(json.dumps(made(random.Random(1), 50)).encode()))
    sent = pickle.loads(pickle.dumps(done))
    assert FORMAT.combine([sent]).tables == FORMAT.combine([done]).tables


@pytest.mark.parametrize("seed", range(12))
def test_mutated_and_truncated_bytes_never_raise_and_add_up(parsed, seed):
    chance = random.Random(seed)
    rows = made(chance, 40)
    given = json.dumps(chance.choice([rows, {"traceEvents": rows, "x": {"y": 1}}])).encode()
    data = bytearray(given[: len(given) - chance.randrange(400)])
    for _ in range(30):
        place = chance.randrange(len(data))
        data[place : place + chance.randrange(4)] = chance.choice(
            [
                b"\0",
                b"\xff",
                b"\n",
                b"{",
                b'"',
                b"[",
                b"}",
                b"9" * 30,
                b"null",
                b"1e999",
                b"NaN",
                b"-",
            ]
        )
    for size in (None, 600):
        result = parsed(FORMAT, bytes(data), size=size)
        assert result.lines == result.used + result.irrelevant + result.rejected_lines
        assert result.used >= len(spans(result))


@given(st.binary(max_size=300))
def test_any_bytes_are_survived(data):
    for start in (b"[", b'{"traceEvents":[', b'[{"ph":"X","ts":1},'):
        result = FORMAT.combine([FORMAT.parse(_chunk(start + data))])
        assert result.lines == result.used + result.irrelevant + result.rejected_lines


@pytest.mark.parametrize(
    "value", ["1e400", "-1e400", "9" * 400, "1e18", "-9223372036854775808", '"\\u0000"', "true"]
)
def test_times_out_of_range_cost_the_event(parsed, value):
    data = document(event(ts=5, dur=1), event(ts=77, dur=1)).replace(b"77", value.encode())
    result = parsed(FORMAT, data)
    assert (result.used, result.rejected_lines) == (1, 1)
    endless = document(event(ts=5, dur=77)).replace(b"77", value.encode())
    assert all(row["duration_ms"] is None for row in spans(parsed(FORMAT, endless)))


# --- through the front door ---


@pytest.mark.parametrize("packing", ["", ".gz", ".zst"])
def test_files_are_loaded_packed_or_not(tmp_path, packing):
    import pyarrow as pa

    rows = made(random.Random(5), 200)
    path = tmp_path / f"trace.json{packing}"
    with pa.output_stream(str(path)) as stream:
        stream.write(json.dumps(rows).encode())
    rec = perfkit.load(str(path))
    (source,) = rec.inputs
    assert source.format == "chrome-trace"
    wanted = FORMAT.combine([FORMAT.parse(_chunk(json.dumps(rows).encode()))])
    assert [row | {"source": None} for row in rec.contents["spans"].to_pylist()] == spans(wanted)


def test_rows_that_are_not_wanted_still_nest_the_others(tmp_path):
    path = tmp_path / "trace.json"
    path.write_bytes(document(
        event(ts=0, dur=9000), event("B", 10), event(ts=20, dur=1), event("E", 7000)
    ))  # fmt: skip
    rec = perfkit.load(str(path), min_duration_ms=5)
    rows = rec.contents["spans"].to_pylist()
    assert [row["duration_ms"] for row in rows] == [9.0, 6.99]
    assert rows[1]["parent_id"] == rows[0]["span_id"]
