"""Any table of your own: CSV, TSV, JSON lines, Parquet."""

import io
import json

import pandas as pd
import pytest

from perfkit import errors
from perfkit.ingest.load import load

FRAME = pd.DataFrame(
    {
        "when": ["2026-11-21 02:00:00", "2026-11-21 02:00:01"],
        "took": [0.25, 1.5],
        "verb": ["GET", "POST"],
        "status": [200, 500],
        "mood": ["fine", "bad"],
    }
)
COLUMNS = {"when": "started_at", "took": "duration_ms", "verb": "method"}


def written(kind):
    if kind == "parquet":
        stream = io.BytesIO()
        FRAME.to_parquet(stream)
        return stream.getvalue()
    if kind == "json lines":
        return FRAME.to_json(orient="records", lines=True).encode()
    separator = {"csv": ",", "tsv": "\t", "semicolons": ";"}[kind]
    return FRAME.to_csv(index=False, sep=separator).encode()


@pytest.mark.parametrize("kind", ["csv", "tsv", "semicolons", "json lines", "parquet"])
def test_a_table_is_read_with_units_and_zone(kind):
    rec = load(
        io.BytesIO(written(kind)), table="requests", columns=COLUMNS, unit="s", tz="Europe/Berlin"
    )
    rows = rec.arrow("requests").to_pylist()
    assert [row["duration_ms"] for row in rows] == [250.0, 1500.0]
    assert [row["method"] for row in rows] == ["GET", "POST"]
    assert [row["status"] for row in rows] == [200, 500]
    assert rows[0]["started_at"].isoformat() == "2026-11-21T01:00:00+00:00"
    assert [row["line"] for row in rows] == [1, 2]
    (note,) = rec.quality
    assert note.message.endswith("left out: mood")
    (source,) = rec.inputs
    assert (source.format, source.lines, source.used) == ("table", 2, 2)


@pytest.mark.parametrize(
    ("columns", "options", "kind", "message", "hint"),
    [
        ({"tok": "duration_ms"}, {}, errors.MissingColumn, "no column 'tok'", "'took'"),
        ({"took": "durations"}, {}, errors.MissingColumn, "no column 'durations'", "duration"),
        (COLUMNS, {"tz": "UTC"}, errors.UsageError, "the unit of column 'took'", 'unit="ms"'),
        (COLUMNS, {"unit": "s"}, errors.UsageError, "without a time zone", "tz="),
        (COLUMNS, {"unit": "parsec", "tz": "UTC"}, errors.UsageError, "parsec", ""),
        ({"mood": "status"}, {}, errors.UsageError, "'status' does not hold int64", "convert"),
    ],
)
def test_what_must_be_said_is_asked_for(columns, options, kind, message, hint):
    with pytest.raises(kind) as caught:
        load(io.BytesIO(written("csv")), table="requests", columns=columns, **options)
    assert message in caught.value.message
    assert hint in caught.value.hint


def test_a_table_without_a_known_column_is_an_error():
    with pytest.raises(errors.MissingColumn, match="none of its columns"):
        load(io.BytesIO(b"a,b\n1,2\n"), table="requests")


@pytest.mark.parametrize("data", [b"PAR1 no parquet", b'{"a": \n', b'{"a": 1}\n{"a": '])
def test_what_is_no_table_is_said(data):
    with pytest.raises(errors.InputError, match="cannot be read as a table"):
        load(io.BytesIO(data), table="requests", columns={"a": "status"})


def test_rows_of_another_width_are_rejected_with_their_line():
    rec = load(io.BytesIO(b"path,status\n/a,1\n/b\n/c,3\n"), table="requests")
    assert rec.arrow("requests")["path"].to_pylist() == ["/a", "/c"]
    (bad,) = rec.rejects
    assert (bad.line, bad.reason) == (3, "it has 1 columns instead of 2")
    (source,) = rec.inputs
    assert (source.lines, source.used, source.rejected) == (3, 2, 1)


def test_statements_of_your_own_have_fingerprints():
    data = json.dumps({"sql": "SELECT 1", "ms": 5}).encode()
    rec = load(
        io.BytesIO(data),
        table="queries",
        columns={"sql": "statement", "ms": "duration_ms"},
        unit="ms",
    )
    (row,) = rec.arrow("queries").to_pylist()
    assert (row["fingerprint"], row["duration_ms"]) == ("select ?", 5.0)


def test_durations_as_text_and_by_suffix_need_no_unit():
    rec = load(
        io.BytesIO(b"took_us,wait\n250000,1.5 s\n"),
        table="checkouts",
        columns={"took_us": "hold_ms", "wait": "wait_ms"},
    )
    (row,) = rec.arrow("checkouts").to_pylist()
    assert (row["hold_ms"], row["wait_ms"]) == (250.0, 1500.0)
