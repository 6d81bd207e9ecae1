"""What limits conclusions is said once, for all chunks together."""

import pytest

from perfkit import tables
from perfkit.formats.logs.pg_notes import Threshold
from perfkit.formats.logs.pg_parse import mend
from perfkit.formats.model import Parsed
from perfkit.formats.registry import named
from perfkit.keep import Keep


def queries(*rows):
    names = ("statement", "duration_ms", "phase", "parameters")
    columns = dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))
    return tables.from_columns("queries", columns)


def kinds(*parts, pending=None):
    return [note.kind for note in Threshold.notes([Threshold.of(part) for part in parts], pending)]


@pytest.mark.parametrize("name", ["postgres-stderr", "postgres-csvlog", "postgres-jsonlog"])
def test_nothing_at_all_has_no_notes(parsed, name):
    assert mend([]) == Parsed()
    assert mend([Parsed(), Parsed()]) == Parsed()
    found = parsed(named(name), b"x y\nz\n", size=2)
    assert (found.tables, found.lines, found.rejected_lines) == ({}, 2, 2)


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        (("x", 1.0, "simple", None), None),
        ((None, 1.0, None, None), "durations_without_statement"),
        (("x", None, "simple", None), "statements_without_duration"),
        (("x", 1.0, "execute", "$1 = 'ab...'"), "parameters_truncated"),
        (("x", 1.0, "execute", "$1 = '...ab'"), None),
        ((None, 1.0, "bind", None), None),
    ],
)
def test_each_limit_has_its_note(row, kind):
    expected = [kind] if kind else []
    assert kinds(queries(row)) == kinds(pending=queries(row)) == expected


@pytest.mark.parametrize(("shortest", "said"), [(4.9, []), (100.0, ["threshold"])])
def test_a_threshold_is_told_by_all_chunks_together(shortest, said):
    slow = [("x", 250.0, "simple", None)] * 10
    parts = [queries(*slow), queries(*slow, ("x", shortest, "simple", None))]
    assert kinds(*parts) == said
    assert kinds(parts[0]) == []  # too few to tell
    assert kinds(parts[0], pending=parts[1]) == said


@pytest.mark.parametrize("size", [None, 200])
def test_a_log_without_statements_says_what_to_switch_on(parsed, log, size):
    item = named("postgres-stderr")
    data = log(*["checkpoint complete: wrote 3 buffers"] * 30)
    (note,) = (
        note for note in parsed(item, data, size=size).notes if "no statement" in note.message
    )
    assert "log_min_duration_statement = 0" in note.message
    for other in ("duration: 1.0 ms", "statement: select 1", "duration: 1.0 ms  statement: x"):
        found = parsed(item, data + log(other), size=size).notes
        assert "statements_not_logged" not in {note.kind for note in found}


def test_statements_outside_of_the_window_asked_for_are_not_missed(parsed, log):
    data = log(*["duration: 1.0 ms  statement: x"] * 9)
    result = parsed(named("postgres-stderr"), data, keep=Keep(until=0))
    assert "queries" not in result.tables
    assert "statements_not_logged" not in {note.kind for note in result.notes}


def test_a_prefix_without_a_process_is_to_be_completed(parsed):
    line = b"2026-11-21 02:00:00.000 UTC LOG:  listening on port 5432\n"
    assert "add %p to log_line_prefix" in parsed(named("postgres-stderr"), line * 9).missing
