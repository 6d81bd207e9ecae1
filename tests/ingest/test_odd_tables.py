"""Tables as spreadsheets and other programs export them, and what users get wrong."""

import io

import pytest

from perfkit.errors import PerfkitError
from perfkit.ingest.load import load

COLUMNS = {"when": "started_at", "took": "duration_ms", "url": "path"}
ROW = "2026-01-01 10:00:00"


def read(text, columns=COLUMNS, written_as="utf-8", **options):
    said = {"table": "requests", "columns": columns, "unit": "s", "tz": "UTC", **options}
    return load(io.BytesIO(text.encode(written_as)), **said)


@pytest.mark.parametrize(
    "text",
    [
        f"when;took;url\n{ROW};0,25;/a\n",
        f"\ufeffwhen,took,url\r\n{ROW},0.25,/a\r\n",
        f'"when"|"took"|"url"\n"{ROW}"|"0.25"|"/a"\n',
        f"when,took,url\n{ROW},250 ms,/a\n",
    ],
)
def test_dialects_mean_the_same(text):
    rows = read(text).arrow("requests").select(["duration_ms", "path"]).to_pylist()
    assert rows == [{"duration_ms": 250.0, "path": "/a"}]


def test_a_column_of_days_is_read_as_their_midnights():
    times = read("when,took,url\n2026-01-31,1,/a\n", tz="Europe/Berlin").arrow("requests")[
        "started_at"
    ]
    assert f"{times.to_pylist()[0]:%d %H:%M}" == "30 23:00"


def test_another_encoding_is_asked_for_and_then_read():
    text = f"when,took,url\n{ROW},0.25,/é\n"
    with pytest.raises(PerfkitError, match="is not text in UTF-8"):
        read(text, written_as="latin-1")
    for encoding in ("latin-1", "utf-16"):
        data = io.BytesIO(text.encode(encoding))
        rec = load(data, table="requests", columns=COLUMNS, unit="s", tz="UTC", encoding=encoding)
        assert rec.arrow("requests")["path"].to_pylist() == ["/é"]


def test_values_that_are_lost_are_counted():
    rec = read(f"when,took,url\n{ROW},0.25,/a\n{ROW},-1,/b\nnoon,1,/c\n{ROW},,/d\n")
    rows = rec.arrow("requests")
    assert rows["duration_ms"].to_pylist() == [250.0, None, 1000.0, None]
    assert [str(note) for note in rec.quality if note.kind == "values_unknown"] == [
        "1 of 4 values of 'when' are no times (such as 'noon'): they are unknown",
        "1 of 3 values of 'took' are no durations (such as '-1.0'): they are unknown",
    ]


@pytest.mark.parametrize(
    ("text", "options", "said"),
    [
        (f"when,took,took,url\n{ROW},1,2,/a\n", {}, "2 columns are named 'took'"),
        (f"when,took,url\n{ROW},fast,/a\n", {}, "'took' holds no durations .* such as 'fast'"),
        ("when,took,url\n01.02.2026,1,/a\n", {}, "'when' holds no times"),
        (f"when,took,url\n{ROW},1,/a\n", {"columns": ["took"]}, "columns= does not say"),
        (f"when,took,url\n{ROW},1,/a\n", {"columns": {"took": 3}}, "columns= does not say"),
        (f"when,took,url\n{ROW},1,/a\n", {"tz": 3}, "no name of a time zone"),
        (f"when,took,url\n{ROW},1,/a\n", {"encoding": "klingon"}, "is not text in 'klingon'"),
        (
            f"when,took,url\n{ROW},1,/a\n",
            {"columns": {"took": "duration_ms", "when": "duration_ms"}},
            "cannot both be 'duration_ms'",
        ),
        (
            f"when,took,url\n{ROW},1,/a\n",
            {"columns": {"when": "duration_ms"}},
            "'when' holds timestamp.*, which is no duration",
        ),
    ],
)
def test_a_mistake_is_one_sentence_with_a_hint(text, options, said):
    with pytest.raises(PerfkitError, match=said) as caught:
        read(text, **options)
    assert "\n" not in caught.value.message
    assert caught.value.hint
