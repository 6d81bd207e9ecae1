import pyarrow as pa
import pytest

from perfkit import tables
from perfkit.errors import InputError
from perfkit.ingest.joined import finished
from perfkit.recording import Note, Recording, Rejected, Source
from perfkit.span_joining import joined

NOTE = Note(kind="n", message="said")


def recording(*durations, name="a", notes=(), rejects=(), table="requests"):
    rows = {"duration_ms": list(durations), "source": [0] * len(durations)}
    return Recording(
        contents={table: tables.from_columns(table, rows)},
        inputs=(Source(name=name, format="f", lines=len(durations)),),
        rejects=rejects,
        quality=notes,
    )


def spans(*rows, kind="server"):
    """Return a recording of spans (id, parent, start ms, duration ms)."""
    contents = tables.from_columns(
        "spans",
        {
            "trace_id": ["t"] * len(rows),
            "span_id": [row[0] for row in rows],
            "parent_id": pa.array([row[1] for row in rows], pa.string()),
            "started_at": pa.array([row[2] * 10**6 for row in rows]).cast(
                pa.timestamp("ns", "UTC")
            ),
            "duration_ms": [float(row[3]) for row in rows],
            "kind": [kind] * len(rows),
            "source": [0] * len(rows),
        },
    )
    return Recording(contents={"spans": contents}, inputs=(Source(name="s", format="f"),))


def test_one_recording_stays_and_gets_the_zone():
    rec = recording(1.0)
    got = joined([rec], "Europe/Berlin")
    assert got.zone == "Europe/Berlin"
    assert got.contents is rec.contents


def test_rows_follow_each_other_and_name_their_own_source():
    bad = Rejected(source=0, line=3, reason="r", text="x")
    got = joined(
        [
            recording(1.0),
            recording(2.0, 3.0, name="b", rejects=(bad,)),
            recording(4.0, name="c", rejects=(bad,)),
        ],
        "UTC",
    )  # fmt: skip
    assert got.arrow("requests")["duration_ms"].to_pylist() == [1.0, 2.0, 3.0, 4.0]
    assert got.arrow("requests")["source"].to_pylist() == [0, 1, 1, 2]
    assert [source.name for source in got.inputs] == ["a", "b", "c"]
    assert [row.source for row in got.rejects] == [1, 2]


def test_recordings_of_several_inputs_shift_the_next_by_as_many():
    two = joined([recording(1.0), recording(2.0)], "UTC")
    got = joined([two, recording(3.0)], "UTC")
    assert got.arrow("requests")["source"].to_pylist() == [0, 1, 2]


def test_tables_that_only_one_has_are_kept_and_notes_said_once():
    got = joined(
        [recording(1.0, notes=(NOTE,)), recording(2.0, table="queries", notes=(NOTE,))], "UTC"
    )
    assert set(got.contents) == {"requests", "queries"}
    assert got.arrow("queries")["source"].to_pylist() == [1]
    assert got.quality == (NOTE,)


def test_what_was_skipped_is_counted_and_the_first_five_are_named():
    errors = [InputError(f"f{n}: is empty") for n in range(7)]
    (note,) = finished(recording(1.0), errors).quality
    assert note.message.startswith("7 files were skipped: f0: is empty; ")
    assert "f4" in note.message
    assert "f5" not in note.message
    assert finished(recording(1.0), []).quality == ()


def test_children_in_another_file_count_for_self_time():
    rec = joined([spans(("a", None, 0, 100)), spans(("b", "a", 10, 40), kind="client")], "UTC")
    got = finished(rec, [])
    assert got.arrow("spans")["self_ms"].to_pylist() == [60.0, 40.0]
    assert got.quality == ()


def test_a_span_in_two_files_counts_once_and_the_two_sides_of_a_call_twice():
    one = spans(("a", None, 0, 100))
    got = finished(joined([one, one, spans(("a", None, 0, 100), kind="client")], "UTC"), [])
    assert got.arrow("spans").num_rows == 2
    assert [note.kind for note in got.quality] == ["duplicate_spans"]
    assert got.quality[0].message.startswith("1 spans")


def test_equal_requests_that_are_no_spans_are_all_kept():
    one = spans(("a", None, 0, 100))
    rec = joined([one, one, recording(5.0, 5.0, 5.0)], "UTC")
    assert finished(rec, []).arrow("requests").num_rows == 3


@pytest.mark.parametrize(("parent", "kinds"), [("a", []), ("gone", ["missing_parents"])])
def test_a_parent_that_is_nowhere_is_noted(parent, kinds):
    rec = joined([spans(("a", None, 0, 9)), spans(("b", parent, 1, 5))], "UTC")
    assert [note.kind for note in finished(rec, []).quality] == kinds
