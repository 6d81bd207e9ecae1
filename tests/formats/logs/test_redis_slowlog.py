"""SLOWLOG GET of a real Redis 7.0.15, as redis-cli writes it, and JSON of client libraries."""

import json
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.formats.logs.redis_slowlog import FORMAT
from perfkit.formats.model import Chunk

DATA = Path(__file__).parent / "data"
FORMS = {
    name: (DATA / f"redis_slowlog.{name}").read_bytes() for name in ("txt", "raw", "json", "csv")
}


def rows(result):
    return result.tables["queries"].to_pylist()


def physical(form):
    return form in {"txt", "raw"}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_recognised_and_read_completely(parsed, accounts, form):
    data = FORMS[form]
    assert FORMAT.recognises(data).confidence >= 0.9
    result = parsed(FORMAT, data)
    accounts(result, data.count(b"\n") if physical(form) else 11)
    assert result.rejected_lines == 0
    fingerprints = [row["fingerprint"] for row in rows(result)]
    assert fingerprints[0] == "keys ?"
    assert "get user:?:cart" in fingerprints
    assert "mget user:?:name" in fingerprints
    assert "hset session:? ?" in fingerprints
    assert fingerprints[-1] == "slowlog reset"
    assert len(fingerprints) == 10


@pytest.mark.parametrize("form", FORMS)
def test_an_entry_is_a_row_with_everything_it_says(parsed, form):
    found = next(row for row in rows(parsed(FORMAT, FORMS[form])) if "mget" in row["fingerprint"])
    reference = json.loads(FORMS["json"].decode("latin-1"))
    entry = next(one for one in reference if one[3][0] == "MGET")
    assert found["statement"] == "MGET user:1:name user:2:name"
    assert found["duration_ms"] == entry[2] / 1000
    assert found["started_at"].timestamp() == pytest.approx(entry[1] - entry[2] / 1e6, abs=1e-6)
    assert found["client"] == "127.0.0.1"
    assert found["session_id"] == entry[4]
    assert found["application"] == "checkout"
    assert found["system"] == "redis"
    assert json.loads(found["attributes"]) == {"id": entry[0]}


@pytest.mark.parametrize("form", FORMS)
def test_what_redis_cut_and_what_a_script_called_is_noted(parsed, form):
    result = parsed(FORMAT, FORMS[form])
    kinds = {note.kind for note in result.notes}
    assert {"truncated_statements", "nested_commands", "threshold", "coarse_times"} <= kinds
    assert not [row for row in rows(result) if row["fingerprint"] == "get cart:?"]


def test_texts_are_unquoted_as_redis_cli_quotes_them(parsed):
    odd = next(row for row in rows(parsed(FORMAT, FORMS["txt"])) if "odd" in row["fingerprint"])
    assert odd["statement"] == r'SET "odd key" "two\nlines \"quoted\" \u0001\ufffd"'


@pytest.mark.parametrize(
    "entry",
    [
        {
            "id": 14,
            "start_time": 1795261886,
            "duration": 15_000,
            "command": "GET user:7",
            "client_address": "10.0.0.8:5000",
            "client_name": "api",
        },
        {
            "id": 14,
            "timestamp": 1795261886,
            "duration": 15_000,
            "arguments": ["GET", "user:7"],
            "client": {"address": "10.0.0.8:5000", "name": "api"},
        },
        {
            "ID": 14,
            "Time": "2026-11-21T11:51:26Z",
            "Duration": 15_000_000,
            "Args": ["GET", "user:7"],
            "ClientAddr": "10.0.0.8:5000",
            "ClientName": "api",
        },
    ],
)
@pytest.mark.parametrize("form", ["array", "lines"])
def test_client_libraries_are_understood(parsed, entry, form):
    data = json.dumps([entry] * 3) if form == "array" else f"{json.dumps(entry)}\n" * 3
    assert FORMAT.recognises(data.encode()).confidence > 0.9
    found = rows(parsed(FORMAT, data.encode()))
    assert len(found) == 3
    assert found[0]["fingerprint"] == "get user:?"
    assert found[0]["duration_ms"] == 15.0
    assert found[0]["started_at"].isoformat() == "2026-11-21T11:51:25.985000+00:00"
    assert (found[0]["client"], found[0]["application"]) == ("10.0.0.8", "api")


@pytest.mark.parametrize("form", FORMS)
def test_an_export_that_is_cut_off_keeps_what_is_before_the_cut(parsed, form):
    data = FORMS[form]
    result = parsed(FORMAT, data[: len(data) * 2 // 3])
    assert result.tables["queries"].num_rows >= 4
    assert result.used + result.irrelevant + result.rejected_lines == result.lines


@pytest.mark.parametrize("size", [1, 300, 1000])
def test_chunks_of_any_size_give_the_same_rows(parsed, size):
    for form, data in FORMS.items():
        whole, parts = parsed(FORMAT, data), parsed(FORMAT, data, size=size)
        assert rows(parts) == rows(whole), form


def test_two_dumps_behind_each_other_are_both_read(parsed):
    for form in ("txt", "raw"):
        assert parsed(FORMAT, FORMS[form] * 2).tables["queries"].num_rows == 20


def test_prompts_and_prose_around_the_lists_are_irrelevant(parsed, accounts):
    data = b"127.0.0.1:6379> SLOWLOG GET\n" + FORMS["txt"] + b"127.0.0.1:6379> quit\n\n"
    assert FORMAT.recognises(data).confidence > 0.9
    result = parsed(FORMAT, data)
    accounts(result, data.count(b"\n"))
    assert result.tables["queries"].num_rows == 10


@pytest.mark.parametrize("count", [10, 128])
def test_a_count_that_a_limit_makes_is_noted(parsed, count):
    entries = [[n, 1795261886, 15, ["GET", f"k:{n}"], "10.0.0.8:1", ""] for n in range(count)]
    notes = parsed(FORMAT, json.dumps(entries).encode()).notes
    assert "row_limit" in {note.kind for note in notes}


@pytest.mark.parametrize(
    "data",
    [
        b'{"id":1,"duration":5,"path":"/","command":"x","start_time":1}\n',
        b'[[1,2,3,["a"]]]',
        b"1,2,3,4\n5,6,7,8\n",
        b"12\n13\n14\n15\n",
        b"id,start_time,duration,command\n1,1795261886,5,get\n",
        b"",
    ],
)
def test_other_files_are_not_recognised(data):
    assert FORMAT.recognises(data).confidence == 0.0


@given(
    st.sampled_from(sorted(FORMS)), st.integers(0, 2000), st.integers(0, 60), st.binary(max_size=12)
)
def test_any_damage_is_accounted_for(form, at, gone, junk):
    data = FORMS[form][:at] + junk + FORMS[form][at + gone :]
    result = FORMAT.parse(Chunk.whole(data))
    assert result.irrelevant >= 0
    assert result.used >= 0
    assert result.used + result.irrelevant + result.rejected_lines == result.lines
    if physical(form):
        assert result.lines == data.count(b"\n") + (not data.endswith(b"\n"))


@pytest.mark.parametrize("filler", [b'"', b"\\x", b" 1) ", b'","', b"1\n1795261886\n"])
def test_long_input_takes_linear_time(parsed, filler):
    began = time.process_time()
    for form in FORMS.values():
        parsed(FORMAT, form[:600] + filler * 60_000)
    assert time.process_time() - began < 8


def test_a_duration_of_centuries_is_unknown_and_so_is_the_start(parsed):
    text = "12\n1795261886\n3\nGET\nk\n127.0.0.1:60540\nc\n"
    text += f"11\n1795261886\n{10**18 - 1}\nGET\nk\n127.0.0.1:60540\nc\n"
    first, second = rows(parsed(FORMAT, text.encode()))
    assert first["duration_ms"] == 0.003
    assert (second["duration_ms"], second["started_at"]) == (None, None)


@pytest.mark.parametrize("form", ["txt", "raw"])
def test_a_part_without_any_entry_is_irrelevant(form):
    found = FORMAT.parse(Chunk(data=b"prompt>\n(empty)\n", head=FORMS[form]))
    assert (found.lines, found.irrelevant, found.tables) == (2, 2, {})


def test_values_one_a_line_are_not_divided_at_an_argument_that_looks_like_an_entry():
    data = FORMS["raw"] + b" 1) 1) (integer) 14\n}\n{\n"
    assert FORMAT.cut(data) == 0
    assert FORMAT.cut(data.replace(b"\n", b"\r\n")) == 0


def test_half_a_character_does_not_cost_the_entry(parsed):
    data = rb'[[14,1795260666,10,["get","k\ud800"],"127.0.0.1:5000","\udc00"],' + b"\n"
    data += rb'[15,1795260666,10,["get","k"],"127.0.\ud800","shop"]]'
    first, second = rows(parsed(FORMAT, data))
    assert (first["statement"], first["application"]) == ('get "k\\ufffd"', "\ufffd")
    assert (second["session_id"], second["application"]) == ("127.0.\ufffd", "shop")
