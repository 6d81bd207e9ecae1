"""The same columns, whatever the log was written as."""

import csv
import io
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.formats.logs.pg_csv import read_csv
from perfkit.formats.logs.pg_json import read_json, shape_of
from perfkit.formats.logs.pg_lines import read_records
from perfkit.formats.logs.pg_prefix import stated
from perfkit.formats.logs.pg_records import rows_of_bytes

AT = "2026-11-21 02:00:00.123 UTC"
PREFIX = "%m [%p] %c %e %u@%d/%a/%h "


def as_text(record):
    user, database, application, severity, message, detail, statement = record
    head = f"{AT} [7] 6b01.7 42P01 {user}@{database}/{application}/10.0.0.1 "
    parts = [(severity, message), ("DETAIL", detail), ("STATEMENT", statement)]
    lines = [f"{head}{name}:  {text}".replace("\n", "\n\t") for name, text in parts if text]
    return "".join(line + "\n" for line in lines).encode()


def as_csv(record):
    user, database, application, severity, message, detail, statement = record
    output = io.StringIO()
    csv.writer(output, lineterminator="\n").writerow(
        [AT, user, database, 7, "10.0.0.1:99", "6b01.7", 1, "", AT, "", 0, severity, "42P01",
         message, detail, "", "", "", "", statement, "", "", application, "client backend", "", 0]
    )  # fmt: skip
    return output.getvalue().encode()


def as_json(record):
    user, database, application, severity, message, detail, statement = record
    fields = {
        "timestamp": AT, "user": user, "dbname": database, "pid": 7, "remote_host": "10.0.0.1",
        "session_id": "6b01.7", "error_severity": severity, "state_code": "42P01",
        "message": message, "detail": detail, "statement": statement,
        "application_name": application,
    }  # fmt: skip
    return json.dumps(fields).encode() + b"\n"


def read(end, data):
    if end == "text":
        return read_records(data, stated(PREFIX, data), None, last=True)
    return read_csv(data, 26, None) if end == "csv" else read_json(data, shape_of(data)[0], None)


WRITE = {"text": as_text, "csv": as_csv, "json": as_json}
RECORDS = [
    (
        "ann",
        "shop",
        "psql",
        "ERROR",
        'relation "x"\ndoes not\texist',
        "why\n\tso",
        "select 'a,\"b'",
    ),
    ("bob", "shop", "web", "LOG", "duration: 1.000 ms  statement: select 1", "", ""),
    ("ann", "shöp", "psql", "LOG", "ünï", "", ""),
]


@pytest.mark.parametrize("end", list(WRITE))
def test_messages_fields_and_details_are_the_same_in_every_format(end):
    found = read(end, b"".join(map(WRITE[end], RECORDS)))
    main = np.flatnonzero(found.owner == np.arange(len(found.owner)))
    assert found.messages(main).to_pylist() == [record[4] for record in RECORDS]
    assert found.field("user", main).to_pylist() == ["ann", "bob", "ann"]
    assert found.category("database", main).to_pylist() == ["shop", "shop", "shöp"]
    assert found.session(main).to_pylist() == ["6b01.7"] * 3
    assert found.field("client", main).to_pylist() == ["10.0.0.1"] * 3
    assert found.field("sqlstate", main).to_pylist() == ["42P01"] * 3
    assert found.detail(main, "DETAIL").to_pylist() == ["why\n\tso", None, None]
    assert found.detail(main, "STATEMENT").to_pylist()[0] == "select 'a,\"b'"
    assert found.detail(main, "HINT").to_pylist() == [None] * 3
    assert found.has_severity(["ERROR"])[main].tolist() == [True, False, False]
    assert str(found.times(main)[0].as_py()) == "2026-11-21 02:00:00.123000+00:00"
    assert found.begins(main, b"duration: ").tolist() == [False, True, False]


@pytest.mark.parametrize("end", list(WRITE))
def test_the_raw_record_is_the_same_in_every_format_and_in_any_order(end):
    found = read(end, b"".join(map(WRITE[end], RECORDS)))
    main = np.flatnonzero(found.owner == np.arange(len(found.owner)))
    first = 'ERROR:  relation "x"\ndoes not\texist\nDETAIL:  why\n\tso\nSTATEMENT:  select \'a,"b\''
    assert [raw.decode() for raw in found.raw(main).to_pylist()] == [
        first, "LOG:  duration: 1.000 ms  statement: select 1", "LOG:  ünï",
    ]  # fmt: skip
    assert found.raw(main[::-1]).to_pylist() == found.raw(main).to_pylist()[::-1]


@given(st.text(" \n\tab", max_size=12), st.integers(0, 12), st.integers(0, 12))
def test_ranges_are_trimmed_as_texts_are_stripped(text, one, other):
    data = text.encode()
    found = read_records(data, stated(PREFIX, b""), None, last=True)
    start, end = sorted((min(one, len(found.data)), min(other, len(found.data))))
    kept = found.texts(np.array([start]), np.array([end])).to_pylist()
    assert kept == [found.data[start:end].decode().strip()]


@given(st.binary(max_size=20), st.lists(st.integers(0, 25), max_size=5), st.integers(1, 9))
def test_bytes_behind_the_end_are_zero(data, starts, width):
    found = rows_of_bytes(np.frombuffer(data, np.uint8), np.array(starts, np.int64), width)
    assert [row.tobytes() for row in found] == [
        data[start : start + width].ljust(width, b"\0") for start in starts
    ]
