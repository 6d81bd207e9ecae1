"""Filters keep what was asked for, and the recording says how much was left out."""

from datetime import UTC, datetime

import pytest

from perfkit.errors import UsageError
from perfkit.ingest.load import load
from perfkit.ingest.options import Filters


@pytest.fixture
def path(tmp_path):
    line = "2026-11-21 02:{:02}:00.000 UTC [7] {}@{}/{} LOG:  duration: {}.000 ms  statement: x\n"
    rows = [
        line.format(n, "ann" if n % 2 else "bob", "shop" if n % 3 else "crm", "app", n)
        for n in range(1, 59)
    ]
    (tmp_path / "a.log").write_text("".join(rows))
    return tmp_path / "a.log"


def kept(path, **filters):
    rec = load(path, **filters)
    return [round(ms) for ms in rec.arrow("queries")["duration_ms"].to_pylist()], rec


def test_every_filter_keeps_its_rows(path):
    assert kept(path, database="crm")[0] == [n for n in range(1, 59) if n % 3 == 0]
    assert kept(path, user="ann")[0] == [n for n in range(1, 59) if n % 2]
    assert kept(path, application="other")[0] == []
    assert kept(path, min_duration_ms=50)[0] == list(range(50, 59))
    both = kept(path, user="ann", database="crm")[0]
    assert both == [n for n in range(1, 59) if n % 2 and n % 3 == 0]


@pytest.mark.parametrize(
    ("since", "until"),
    [
        ("2026-11-21 02:10:00", "2026-11-21T02:20:00Z"),
        ("02:10", "02:20"),
        (datetime(2026, 11, 21, 2, 10, tzinfo=UTC), "02:20"),
    ],
)
def test_times_are_as_in_between(path, since, until):
    # a statement began its duration before its line was written
    assert kept(path, since=since, until=until)[0] == list(range(11, 21))


def test_what_was_left_out_is_said(path):
    _, rec = kept(path, user="ann")
    (note,) = [note.message for note in rec.quality if note.kind == "filtered"]
    assert "user='ann'" in note
    assert "29 others were left out" in note
    assert not [note for note in kept(path)[1].quality if note.kind == "filtered"]


def test_a_time_that_is_none_is_refused(path):
    with pytest.raises(UsageError, match="is not a time"):
        load(path, since="yesterday")
    assert Filters(since="14:02").bare == ("14:02", None)
