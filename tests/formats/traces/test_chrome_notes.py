"""What is said of events that are no spans, and of spans with something wrong."""

import string

from perfkit.formats.traces.chrome_notes import left_out, of_spans


def test_kinds_are_counted_over_their_phases():
    (note,) = left_out({"i": 1200, "I": 3, "C": 2, "M": 99})
    assert note.kind == "not_spans"
    assert str(note).endswith("left out: 2 counters, 1,203 instants")


def test_metadata_is_read_and_nothing_is_lost_with_it():
    assert list(left_out({"M": 5})) == []
    assert list(left_out({})) == []


def test_phases_that_nobody_knows_are_told_as_such():
    (note,) = left_out({"?": 1, "Z": 2})
    assert "3 events of unknown phases" in str(note)


def test_every_phase_of_the_format_has_a_kind():
    """The phases of the Trace Event Format that are neither spans nor metadata."""
    for letter in "CiIRnstfPNODvVTpc(),":
        (note,) = left_out({letter: 1})
        assert "unknown" not in str(note)
    assert all(list(left_out({letter: 1})) for letter in string.ascii_letters if letter != "M")


def test_only_what_was_met_is_told():
    assert list(of_spans(9, unknown=0, unfinished=0, unbegun=0, overlaps=0)) == []
    notes = {
        note.kind: str(note)
        for note in of_spans(5000, unknown=0, unfinished=1200, unbegun=7, overlaps=3)
    }
    assert list(notes) == ["unfinished", "unbegun", "overlaps"]
    assert "1,200 of 5,000 events began and never ended" in notes["unfinished"]
    assert notes["unbegun"].startswith("7 ends")
    assert "3 of 5,000" in notes["overlaps"]


def test_no_sentence_is_left_with_a_hole():
    for note in of_spans(5, unknown=1, unfinished=1, unbegun=1, overlaps=1):
        assert "{" not in str(note)
