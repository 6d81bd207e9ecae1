"""Temporary files, checkpoints and autovacuum, at their thresholds."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from perfkit.analyses.digests.rules.events import checkpoints, spilling, vacuums

START = datetime(2026, 1, 1, tzinfo=UTC)
MB = 1 << 20


def _files(total, *, count=10, largest=5 * MB, **more):
    text = {"fingerprint": "select a from t order by a", "fingerprint_id": "f0"}
    sizes = {"count": count, "total_bytes": total, "max_bytes": largest}
    return {"kind": "temp_file", **text, **sizes, **more}


def test_ten_times_work_mem_in_files_is_told_with_its_numbers(seen_of):
    [finding] = spilling(seen_of({"calls": 7}, happened=[_files(40 * MB)]))
    assert finding.rule == "temp-file-spill"
    assert "10 temporary files" in finding.title
    [numbers] = finding.evidence
    assert (numbers["files"], numbers["total_bytes"]) == (10, 40 * MB)
    assert numbers["bytes_per_file_bytes"] == 4 * MB
    assert numbers["calls"] == 7
    assert finding.keys == {"fingerprint_id": "f0"}


@pytest.mark.parametrize(
    "files",
    [
        _files(40 * MB - 1),
        _files(None),
        _files(90 * MB, fingerprint=None, fingerprint_id=None),
        _files(90 * MB, kind="checkpoint"),
    ],
)
def test_little_or_nobodys_files_are_left_alone(seen_of, files):
    assert list(spilling(seen_of(happened=[files]))) == []


def test_a_statement_that_is_not_in_the_digest_has_no_calls(seen_of):
    [finding] = spilling(seen_of(happened=[_files(50 * MB, fingerprint_id="other")]))
    assert "calls" not in finding.evidence[0]


@pytest.mark.parametrize("largest", [1, MB, 5 * MB, 8 * MB, 100 * MB, 5000 * MB])
def test_the_work_mem_that_is_advised_holds_the_largest_file(seen_of, largest):
    [finding] = spilling(seen_of(happened=[_files(90 * MB, largest=largest)]))
    advised = int(re.search(r"work_mem = '(\d+)MB'", finding.fix.snippet)[1])
    assert advised * MB >= largest
    assert advised & (advised - 1) == 0
    assert advised <= 4 * max(1, largest / MB)


def test_the_five_that_wrote_most_are_told_in_order(seen_of):
    files = [_files(n * 50 * MB, fingerprint_id=f"f{n}") for n in (3, 1, 7, 2, 6, 5, 4)]
    told = [f.keys["fingerprint_id"] for f in spilling(seen_of(happened=files))]
    assert told == ["f7", "f6", "f5", "f4", "f3"]


def _starts(**causes):
    return [
        {"kind": "checkpoint_starting", "what": cause.replace("_", " "), "count": count}
        for cause, count in causes.items()
    ]


@pytest.mark.parametrize(
    ("starts", "told"),
    [
        (_starts(wal=3, time=2), True),
        (_starts(immediate_force_wal=3, xlog=3, time=5), True),
        (_starts(wal=3, time=3), False),  # not more than half
        (_starts(wal=4), False),  # too few to say
        (_starts(time=500), False),
        (_starts(walrus=9), False),
        ([], False),
    ],
)
def test_more_than_half_of_five_checkpoints_by_wal_are_too_many(seen_of, starts, told):
    found = list(checkpoints(seen_of(happened=starts)))
    assert bool(found) is told
    if told:
        [numbers] = found[0].evidence
        total = sum(start["count"] for start in starts)
        assert numbers["checkpoints"] == total
        assert f"{numbers['by WAL']:,} of {total:,}" in found[0].title


def test_the_servers_own_warning_is_enough(seen_of):
    warned = {"kind": "checkpoint_frequent", "count": 2}
    [finding] = checkpoints(seen_of(happened=[warned]))
    assert "2 times the server warned" in finding.title
    assert finding.evidence == [{"warnings": 2, "by WAL": 0, "checkpoints": 0}]


def _vacuum(ms, table="shop.public.big", **more):
    return {"kind": "autovacuum", "what": table, "count": 3, "total_ms": ms, "max_ms": ms, **more}


@pytest.mark.parametrize(
    ("event", "told"),
    [
        (_vacuum(600_000.0), True),
        (_vacuum(599_999.0), False),
        (_vacuum(None), False),
        (_vacuum(1e9, table=None), False),
        (_vacuum(1e9, kind="autoanalyze"), False),
    ],
)
def test_ten_minutes_of_one_autovacuum_are_long(seen_of, event, told):
    found = list(vacuums(seen_of(happened=[event])))
    assert [f.rule for f in found] == ["long-autovacuum"] * told
    if told:
        assert found[0].evidence == [{"table": "shop.public.big", "runs": 3, "max_ms": 600_000.0}]


def test_a_hostile_name_of_a_table_stays_a_name(seen_of):
    name = 'shop.public.x"; drop table users; --'
    [finding] = vacuums(seen_of(happened=[_vacuum(1e9, table=name)]))
    first = finding.fix.snippet.splitlines()[0]
    assert first == 'alter table "public"."x""; drop table users; --" set ('
