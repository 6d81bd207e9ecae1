"""Each thing that limits a digest is said, and nothing is said where nothing limits it."""

import pytest

from perfkit.analyses.digest import digest, digested
from perfkit.analyses.digests.partial import partial
from perfkit.recording import Note, Recording, Source

TIMED = {"statement": "select 1", "duration_ms": 2.0, "at": 0.0, "duration_kind": "server"}


@pytest.fixture
def said(table_of):
    """Return what a digest of some rows has to say."""

    def caveats(*rows, **more):
        return list(digest(Recording(contents={"queries": table_of(list(rows))}, **more)).caveats)

    return caveats


def test_a_whole_log_of_the_server_has_no_caveat(said):
    assert said(TIMED, TIMED) == []


def test_a_note_of_the_recording_is_repeated(said):
    note = Note(kind="threshold", message="only statements of 5 ms and more were logged")
    assert said(TIMED, quality=(note,)) == [note.message]


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ([TIMED, TIMED | {"duration_ms": None}], "1 of 2 statements have no duration"),
        ([TIMED, TIMED | {"phase": "parse"}], "Parse and bind took another 2.00 ms"),
        ([TIMED, TIMED | {"weight": 9.0}], "2 statements with a duration stand for 10"),
        ([TIMED | {"duration_kind": "gap_upper_bound"}], "upper bounds"),
        ([TIMED, TIMED | {"duration_kind": "client", "at": 9e6}], "times include the network"),
    ],
)
def test_what_limits_the_numbers_is_said(said, rows, sentence):
    (caveat,) = said(*rows)
    assert sentence in caveat


def test_a_log_without_durations_says_what_to_switch_on(said):
    log = Source(name="pg.log", format="postgres-stderr", lines=1, used=1)
    caveats = said(TIMED | {"duration_ms": None}, inputs=(log,))
    assert any("log_min_duration_statement = 0" in caveat for caveat in caveats)


def test_only_a_sketch_is_rough(table_of, said):
    (caveat,) = digested(partial(table_of([TIMED]))).caveats
    assert "within 1 %" in caveat
    assert (
        digested(partial(table_of([TIMED | {"duration_ms": None}]))).caveats[0].startswith("1 of")
    )
