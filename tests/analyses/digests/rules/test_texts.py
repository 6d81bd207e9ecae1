"""What the texts of statements show."""

from __future__ import annotations

import time

import pytest

from perfkit.analyses.digests.rules.texts import endless, far_offset, wide

HEAVY = {"share": 0.05, "calls": 100, "fingerprint": "select * from t"}


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ({}, True),
        ({"fingerprint": 'select distinct "o".* , a from o'}, True),
        ({"fingerprint": "select t.*, u.a from t"}, True),
        ({"fingerprint": "select count(*) from t"}, False),
        ({"fingerprint": "select a * b from t"}, False),
        ({"fingerprint": "insert into t select * from u"}, False),
        ({"share": 0.0499}, False),
        ({"calls": 99}, False),
        ({"rows_returned_per_call": 0.0}, False),  # nothing came back
        ({"rows_returned_per_call": 3.0}, True),
    ],
)
def test_every_column_of_what_takes_much_time_is_a_hint(seen_of, row, told):
    found = list(wide(seen_of({**HEAVY, **row})))
    assert [f.rule for f in found] == ["select-star"] * told
    if told:
        assert found[0].severity == "info"
        assert "100 times (5" in found[0].title
        assert found[0].evidence[0]["calls"] == 100


def _offsets(seen_of, *examples):
    slowest = [{"fingerprint_id": "f0", **example} for example in examples]
    return [f.evidence[0]["offset"] for f in far_offset(seen_of(slowest=slowest))]


@pytest.mark.parametrize(
    ("statement", "parameters", "offset"),
    [
        ("select a from t OFFSET 1000", None, 1000),
        ("select a from t offset 999", None, None),
        ("select a from t limit 2000 , 10", None, 2000),
        ("select a from t limit 2000", None, None),
        ("select a from t limit $2 offset $1", "$1 = '7000', $2 = '10'", 7000),
        ("select a from t offset $1", "$11 = '7000'", None),
        ("select a from t offset $1", "$1 = '7000; drop table t'", None),
        ("select a from t offset $1", None, None),
        ("select a from (select b from u offset 5000) limit 1 offset 10", None, 5000),
        ("select a from t where x = 'nooffset 5000'", None, None),
        (None, None, None),
    ],
)
def test_the_offset_is_read_from_the_text_or_its_parameters(seen_of, statement, parameters, offset):
    found = _offsets(seen_of, {"statement": statement, "parameters": parameters})
    assert found == ([offset] if offset else [])


def test_the_largest_offset_of_the_slowest_executions_counts(seen_of):
    examples = [{"statement": f"select a from t offset {n}"} for n in (10, 9000, 2000)]
    assert _offsets(seen_of, *examples) == [9000]
    assert _offsets(seen_of) == []


def test_a_hostile_statement_is_looked_at_at_once(seen_of):
    began = time.perf_counter()
    texts = ["offset " * 10**6, "limit 1" * 10**6, "offset $1 " * 10**6]
    _offsets(seen_of, *[{"statement": text, "parameters": "$1 = '" * 10**6} for text in texts])
    assert time.perf_counter() - began < 1


LONG = {"max_ms": 30_000.0, "fingerprint": "select a from t"}


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ({}, True),
        ({"max_ms": 29_999.0}, False),
        ({"fingerprint": "vacuum full t"}, False),
        ({"fingerprint": "copy t to stdout"}, False),
        ({"fingerprint": "select pg_sleep(?)"}, False),
        ({"fingerprint": "update t set a = ?"}, True),
    ],
)
def test_half_a_minute_without_a_limit_is_told(seen_of, row, told):
    found = list(endless(seen_of({**LONG, **row})))
    assert [f.rule for f in found] == ["no-statement-timeout"] * told


@pytest.mark.parametrize("event", [{"kind": "cancelled"}, {"kind": "error", "sqlstate": "57014"}])
def test_a_server_that_cancels_has_a_limit(seen_of, event):
    assert list(endless(seen_of(LONG, happened=[event]))) == []


def test_the_longest_gives_its_name_and_all_are_counted(seen_of):
    rows = [{**LONG, "max_ms": 30_000.0 + n, "fingerprint_id": f"f{n}"} for n in (1, 5, 3)]
    [finding] = endless(seen_of(*rows))
    assert finding.keys == {"fingerprint_id": "f5"}
    assert "nothing limits 3 of them" in finding.title
    assert len(finding.evidence) == 3


@pytest.mark.parametrize(
    ("users", "role"),
    [
        (None, "<role>"),
        ("", "<role>"),
        ("ann 60 %, bob 40 %", '"ann"'),
        ('x"; drop role y; -- 100 %', '"x""; drop role y; --"'),
    ],
)
def test_the_role_that_ran_it_most_is_quoted(seen_of, users, role):
    [finding] = endless(seen_of({**LONG, "top_users": users}))
    assert finding.fix.snippet == f"alter role {role} set statement_timeout = '30s';"
