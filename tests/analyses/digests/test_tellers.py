"""The rule of perfkit.sources, for parts whose rows are gone: the same rows count."""

from hypothesis import given
from hypothesis import strategies as st

from perfkit import tables
from perfkit.analyses.digests.partial import partial
from perfkit.analyses.digests.tellers import (
    Teller,
    by_teller,
    covered,
    is_covered,
    is_split,
    uncovered,
)
from perfkit.recording import Note, Recording
from perfkit.sources import by_trust, primary

S = 1_000_000_000
ROWS = st.lists(
    st.tuples(
        st.sampled_from(["server", "client", "gap_upper_bound", None]),
        st.sampled_from(["postgresql", "redis"]),
        st.integers(0, 60),
    ),
    max_size=12,
)
THRESHOLD = (Note(kind="threshold", message="the log has a threshold"),)


def queries(rows):
    columns = {
        "duration_kind": [row[0] for row in rows],
        "system": [row[1] for row in rows],
        "started_at": [None if row[2] is None else row[2] * S for row in rows],
        "rows_returned": list(range(len(rows))),
    }
    return tables.from_columns("queries", columns)


def parts_of(table):
    return {teller: partial(rows) for teller, rows in by_teller(table)}


def numbers(table):
    return sorted(table["rows_returned"].to_pylist())


@given(ROWS)
def test_every_row_has_one_teller(rows):
    table = queries(rows)
    found = {teller: mine["rows_returned"].to_pylist() for teller, mine in by_teller(table)}
    assert sorted(n for mine in found.values() for n in mine) == list(range(len(rows)))
    for teller, mine in found.items():
        assert {Teller(*rows[n][:2]) for n in mine} == {teller}


@given(ROWS, st.sampled_from([(), THRESHOLD]))
def test_the_uncovered_rows_are_those_that_primary_counts(rows, quality):
    table = queries(rows)
    parts = parts_of(table)
    spans = covered(parts, by_trust(quality))
    found = [n for t, mine in by_teller(table) for n in numbers(uncovered(mine, spans[t]))]
    expected = primary(Recording(contents={"queries": table}, quality=quality), "queries")
    assert sorted(found) == numbers(expected)
    for teller, mine in by_teller(table):
        left = uncovered(mine, spans[teller]).num_rows
        if not is_split(parts[teller], spans[teller]):
            assert left == (0 if is_covered(parts[teller], spans[teller]) else mine.num_rows)


def test_rows_of_one_teller_are_not_copied():
    table = queries([("server", "postgresql", 1), ("server", "postgresql", 2)])
    ((teller, mine),) = by_teller(table)
    assert teller == Teller("server", "postgresql")
    assert mine is table


def test_statements_without_times_are_told_by_whoever_is_better():
    table = queries([("server", "postgresql", 5), ("client", "postgresql", None)])
    parts = parts_of(table)
    spans = covered(parts, by_trust(()))
    client = Teller("client", "postgresql")
    assert is_covered(parts[client], spans[client])
    assert not is_split(parts[client], spans[client])
    assert not is_covered(parts[client], ())
    assert uncovered(table.slice(1), spans[client]).num_rows == 0


def test_an_unnamed_system_may_be_any():
    table = queries([("server", "postgresql", 5), ("client", None, 5), ("client", "redis", 5)])
    spans = covered(parts_of(table), by_trust(()))
    assert spans[Teller("client", None)]
    assert not spans[Teller("client", "redis")]
