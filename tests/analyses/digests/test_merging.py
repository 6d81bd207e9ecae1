"""A digest of parts is the digest of the whole, wherever it was cut."""

import itertools
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perfkit.analyses.digest import digest, digested
from perfkit.analyses.digests import cells, merging
from perfkit.analyses.digests.merging import OTHER, merge
from perfkit.analyses.digests.partial import partial
from perfkit.recording import Recording

STATEMENTS = ["select 1", "select a from t where id = 7", "update t set a = 2", "begin"]
ROW = st.fixed_dictionaries(
    {
        "statement": st.sampled_from([*STATEMENTS, None]),
        "duration_ms": st.one_of(st.none(), st.floats(0, 1e5)),
        "at": st.one_of(st.none(), st.floats(0, 3e6)),
        "phase": st.sampled_from(["simple", "execute", "parse", "bind", None]),
        "user": st.sampled_from(["anna", "bert", None]),
        "database": st.sampled_from(["shop", None]),
        "session_id": st.sampled_from(["1", "2", "3", None]),
        "rows_returned": st.one_of(st.none(), st.integers(0, 1000)),
        "lock_ms": st.one_of(st.none(), st.floats(0, 10)),
        "error": st.sampled_from([None, None, "no"]),
    }
)
ROWS = st.lists(ROW, max_size=60)
CUTS = st.lists(st.integers(0, 60), max_size=4)
ROUNDED = {"total_ms", "mean_ms", "share", "stddev_ms", "variance_to_mean", "lock_ms"}
ROUNDED |= {"parse_bind_ms"}
APPROXIMATE = {"p50_ms", "p95_ms", "p99_ms"}


def cut(table, cuts):
    places = [0, *sorted(min(place, len(table)) for place in cuts), len(table)]
    return [table.slice(low, high - low) for low, high in itertools.pairwise(places)]


def rows(result):
    return {row["fingerprint_id"]: row for row in result.arrow.to_pylist()}


def assert_same(one, other, *, tolerance=1e-9):
    assert list(one) == list(other) or set(one) == set(other)
    for key, row in one.items():
        for name, value in row.items():
            if name in ROUNDED | APPROXIMATE:
                expected = pytest.approx(value, rel=1e-6, abs=1e-6, nan_ok=True)
                assert other[key][name] == expected, name
            elif isinstance(value, float):
                assert other[key][name] == pytest.approx(value, rel=tolerance, nan_ok=True), name
            else:
                assert other[key][name] == value, name


@given(ROWS, CUTS)
@settings(max_examples=60)
def test_merged_parts_are_the_whole(table_of, rows_, cuts):
    table = table_of(rows_)
    parts = [partial(piece) for piece in cut(table, cuts)]
    whole = digested(partial(table))
    for order in (parts, parts[::-1], [parts[0], merge(parts)][1:]):
        assert_same(rows(whole), rows(digested(merge(order))))
    nested = merge([parts[0], merge(parts[1:])]) if len(parts) > 1 else parts[0]
    assert_same(rows(whole), rows(digested(nested)))
    for name in ("per_minute", "histogram", "by_user", "heat"):
        merged = digested(merge(parts)).series[name]
        assert merged.num_rows == whole.series[name].num_rows
        assert merged["calls"].to_pylist() == whole.series[name]["calls"].to_pylist()


@given(ROWS)
@settings(max_examples=60)
def test_the_digest_of_a_part_is_that_of_its_rows_but_for_the_sketch(table_of, rows_):
    table = table_of(rows_)
    exact = rows(digest(Recording(contents={"queries": table})))
    rough = rows(digested(partial(table)))
    assert set(exact) == set(rough)
    for key, row in exact.items():
        for name in APPROXIMATE:
            expected = pytest.approx(row[name], rel=0.0101, abs=1e-6, nan_ok=True)
            assert rough[key][name] == expected
        plain = {n: v for n, v in row.items() if not n.startswith(("p50", "p95", "p99"))}
        assert_same({key: plain}, {key: {n: rough[key][n] for n in plain}})


def test_a_part_travels_between_processes(table_of):
    part = partial(table_of([{"statement": "select 1", "duration_ms": 2.0, "at": 5.0}]))
    again = pickle.loads(pickle.dumps(part))
    assert_same(rows(digested(again)), rows(digested(part)))


def test_the_rarest_of_too_many_statements_become_one(table_of, monkeypatch):
    monkeypatch.setattr(merging, "LIMIT", 3)
    each = [
        {"statement": f"select a from t{'x' * n}", "duration_ms": float(n + 1), "at": 0.0}
        for n in range(8)
    ]
    parts = [partial(table_of(each[:5])), partial(table_of(each[5:]))]
    result = digested(merge(parts))
    found = {row["fingerprint"]: row for row in result.arrow.to_pylist()}
    assert len(found) == 4
    assert found[OTHER]["calls"] == 5
    assert found[OTHER]["total_ms"] == 1 + 2 + 3 + 4 + 5
    assert sum(row["calls"] for row in found.values()) == 8
    assert result.totals["total_ms"] == 36
    assert any("(other)" in caveat for caveat in result.caveats)
    again = digested(merge([merge(parts), partial(table_of([]))]))
    assert again.arrow["calls"].to_pylist() == result.arrow["calls"].to_pylist()


def test_too_many_minutes_are_joined_alike_however_they_are_cut(table_of, monkeypatch):
    monkeypatch.setattr(cells, "LIMIT", 10)
    each = [{"statement": "select 1", "duration_ms": 1.0, "at": n * 60_000.0} for n in range(100)]
    whole = digested(partial(table_of(each))).series["per_minute"]
    table = table_of(each)
    parts = digested(merge([partial(p) for p in cut(table, [7, 30, 31])])).series["per_minute"]
    assert whole.num_rows <= 10
    assert parts.to_pydict() == whole.to_pydict()
    assert sum(whole["calls"].to_pylist()) == 100


def test_sessions_are_sampled_when_there_are_too_many(table_of, monkeypatch):
    each = [{"statement": "select 1", "session_id": str(n), "at": 0.0} for n in range(4000)]
    table = table_of(each)
    exact = digest(Recording(contents={"queries": table})).arrow["sessions"][0].as_py()
    monkeypatch.setattr(cells, "LIMIT", 1000)
    parts = [partial(piece) for piece in cut(table, [1000, 1500])]
    merged = merge(parts)
    assert merged.sessions.level > 0
    assert exact == 4000
    assert merged.sessions.count(merged.groups).max() == pytest.approx(4000, rel=0.25)
    whole = partial(table)
    assert whole.sessions.level == merged.sessions.level
    assert np.array_equal(whole.sessions.hashed, merged.sessions.hashed)
    result = digested(merged)
    assert any("estimates" in caveat for caveat in result.caveats)


def test_the_caveat_says_how_exact_the_sketch_is(table_of):
    part = partial(table_of([{"statement": "select 1", "duration_ms": 2.0}]))
    assert any("within 1 %" in caveat for caveat in digested(part).caveats)
