import copy
import dataclasses
import pickle

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perfkit import tables
from perfkit.errors import UsageError
from perfkit.recording import Note, Recording, Rejected, Source, as_recording

NAMES = ("requests", "queries", "events")


def columns(rec):
    return {name: table.to_pydict() for name, table in rec.contents.items()}


@st.composite
def recordings(draw):
    """A recording of some sources whose rows name them (or none, as a mark does)."""
    count = draw(st.integers(0, 3))
    row = st.none() | st.integers(0, count - 1) if count else st.none()
    contents = {}
    for name in draw(st.lists(st.sampled_from(NAMES), unique=True)):
        sources = draw(st.lists(row, max_size=4))
        lines = list(range(len(sources)))
        contents[name] = tables.from_columns(name, {"source": sources, "line": lines})
    sources = tuple(Source(name=f"log{n}", format="x", lines=n) for n in range(count))
    rejects = tuple(Rejected(source=n, line=1, reason="bad", text="?") for n in range(count))
    notes = draw(st.lists(st.sampled_from("abc"), max_size=2))
    quality = tuple(Note(kind=kind, message=kind) for kind in dict.fromkeys(notes))
    return Recording(contents=contents, inputs=sources, rejects=rejects, quality=quality)


@given(recordings(), recordings(), recordings())
@settings(deadline=None, max_examples=60)
def test_it_does_not_matter_in_which_pairs_recordings_are_joined(a, b, c):
    left, right = (a + b) + c, a + (b + c)
    assert columns(left) == columns(right)
    assert (left.inputs, left.rejects, left.quality) == (right.inputs, right.rejects, right.quality)


@given(recordings(), recordings())
@settings(deadline=None, max_examples=60)
def test_every_row_still_names_its_source_after_a_join(a, b):
    def named(rec):
        return [
            (name, None if source is None else rec.inputs[source], line)
            for name in NAMES
            for source, line in zip(
                rec.arrow(name)["source"].to_pylist(),
                rec.arrow(name)["line"].to_pylist(),
                strict=True,
            )
        ]

    joined = a + b
    assert sorted(map(repr, named(joined))) == sorted(map(repr, named(a) + named(b)))
    assert [joined.inputs[row.source].name for row in joined.rejects] == [
        rec.inputs[row.source].name for rec in (a, b) for row in rec.rejects
    ]


@given(recordings())
@settings(deadline=None, max_examples=30)
def test_a_recording_survives_the_way_to_another_process(rec):
    again = pickle.loads(pickle.dumps(rec))
    assert columns(again) == columns(rec)
    assert (again.inputs, again.rejects, again.quality) == (rec.inputs, rec.rejects, rec.quality)


def test_joining_adds_what_only_one_side_has_and_nothing_else():
    one = Recording.from_frames(queries=pd.DataFrame({"error": ["a"]}))
    other = Recording.from_frames(events=pd.DataFrame({"message": ["b"]}))
    joined = one + other
    assert joined.queries["source"].tolist() == [0]
    assert joined.events["source"].tolist() == [1]
    assert joined.sources["name"].tolist() == ["<queries>", "<events>"]


def test_joining_with_something_else_is_refused():
    with pytest.raises(TypeError):
        Recording() + 1


@pytest.fixture
def rec():
    frame = pd.DataFrame(
        {
            "started_at": ["2026-11-20 14:02:00", "2026-11-20 14:05:00", None],
            "duration_ms": [5.0, None, 7.0],
        }
    )
    return Recording.from_frames(tz="Europe/Berlin", queries=frame)


def test_frames_say_which_source_and_row_they_are(rec):
    assert rec.queries["source"].tolist() == [0, 0, 0]
    assert rec.queries["line"].tolist() == [1, 2, 3]
    source = rec.inputs[0]
    assert (source.lines, source.used, source.rejected) == (3, 3, 0)


def test_a_line_that_a_frame_names_is_kept():
    frame = pd.DataFrame({"error": ["a", "b"], "line": pd.array([17, None], "Int64")})
    assert Recording.from_frames(queries=frame).queries["line"].tolist() == [17, 2]


def test_arrow_tables_are_frames_too():
    table = pa.table({"duration_ms": pa.array([1], pa.int16())})
    assert Recording.from_frames(queries=table).queries["duration_ms"].tolist() == [1.0]


def test_an_unknown_duration_stays_unknown(rec):
    assert rec.queries["duration_ms"].isna().tolist() == [False, True, False]
    assert rec.queries["started_at"].isna().tolist() == [False, False, True]


def test_changing_a_frame_does_not_change_the_recording(rec):
    frame = rec.queries
    frame["duration_ms"] = 0.0
    frame.loc[0, "error"] = "mine"
    frame["more"] = 1
    del frame["system"]
    assert list(rec.queries.columns) == tables.TABLES["queries"].names
    assert rec.queries["duration_ms"].isna().tolist() == [False, True, False]
    assert rec.queries["error"].isna().all()


def test_a_recording_cannot_be_changed(rec):
    with pytest.raises(dataclasses.FrozenInstanceError):
        rec.zone = "UTC"
    with pytest.raises(dataclasses.FrozenInstanceError):
        rec.queries = None


@pytest.mark.parametrize(
    "verb",
    [
        lambda rec: rec.between("14:02", "14:03"),
        lambda rec: rec.mark("14:01", "deploy 841"),
        lambda rec: rec.with_quality(Note(kind="a", message="b")),
        lambda rec: rec.with_rows("queries", rec.arrow("queries")),
        lambda rec: rec + rec,
    ],
    ids=["between", "mark", "with_quality", "with_rows", "add"],
)
def test_a_verb_returns_a_new_recording(rec, verb):
    before = (columns(rec), rec.inputs, rec.quality)
    changed = verb(rec)
    assert (columns(rec), rec.inputs, rec.quality) == before
    assert (columns(changed), changed.inputs, changed.quality) != before


def test_a_window_is_understood_in_the_zone_of_the_recording(rec):
    kept = rec.between("14:02", "14:05")
    assert kept.queries["duration_ms"].tolist() == [5.0]
    assert [note.kind for note in kept.quality] == ["rows-without-time"]
    assert "queries" in kept.quality[0].message


def test_a_mark_is_an_event_at_its_time(rec):
    event = rec.mark("14:01", "deploy 841").events.iloc[0]
    assert event["at"] == pd.Timestamp("2026-11-20T13:01:00Z")
    assert (event["kind"], event["message"]) == ("deploy", "deploy 841")
    assert pd.isna(event["source"])


def test_a_mark_can_be_later_than_everything_recorded(rec):
    assert rec.mark("23:59", "later").span[1].isoformat() == "2026-11-20T22:59:00+00:00"


def test_a_mark_without_a_day_in_an_empty_recording_asks_for_the_day():
    with pytest.raises(UsageError, match="has no day"):
        Recording().mark("14:01", "deploy")


def test_tables_that_nothing_filled_are_empty():
    rec = Recording()
    assert rec.span is None
    for name in tables.TABLES:
        assert list(getattr(rec, name).columns) == tables.TABLES[name].names
        assert len(getattr(rec, name)) == 0
    assert (len(rec.sources), len(rec.rejected)) == (0, 0)
    assert list(rec.rejected.columns) == ["source", "line", "reason", "text", "offset"]


def test_what_is_no_table_is_no_attribute(rec):
    with pytest.raises(AttributeError, match="querys"):
        _ = rec.querys
    assert set(tables.TABLES) < set(dir(rec))
    assert copy.copy(rec).queries.equals(rec.queries)


def test_a_note_is_kept_once():
    note = Note(kind="sampled", message="one in ten")
    rec = Recording().with_quality(note, note).with_quality(note)
    assert rec.quality == (note,)
    assert str(rec.quality[0]) == "one in ten"


def test_an_analysis_takes_a_recording_a_frame_or_an_arrow_table(rec):
    assert as_recording(rec, "queries") is rec
    for data in (rec.queries, rec.arrow("queries")):
        assert as_recording(data, "queries").arrow("queries").equals(rec.arrow("queries"))
    with pytest.raises(UsageError, match="not list"):
        as_recording([1], "queries")


def test_the_routes_of_an_application_fill_those_of_the_requests():
    rows = {"path": ["/orders/17?x=1", "/orders/new", "/other"], "route": [None, None, "/o{x}"]}
    rec = Recording(contents={"requests": tables.from_columns("requests", rows)})
    found = rec.with_routes(["GET /orders/<int:id>", "/orders/new"]).requests
    assert found["route"].tolist() == ["/orders/<int:id>", "/orders/new", "/o{x}"]
    assert rec.requests["route"].isna().tolist() == [True, True, False]
    assert found["route"].dtype == "category"
    assert Recording().with_routes(["/a"]).arrow("requests").num_rows == 0
    with pytest.raises(UsageError, match="routes"):
        rec.with_routes(7)
