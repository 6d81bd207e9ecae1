"""Numbers of checkpoints and vacuums, as PostgreSQL 9.4 to 18 log them."""

import pytest

from perfkit.event_details.maintenance import checkpoint_values, vacuum_values

_FILES = "0 {} file(s) added, 1 removed, 2 recycled; write=2.277 s, sync=0.194 s, total=2.532 s"
_SYNC = "; sync files=13, longest=0.175 s, average=0.014 s"
_WAL = "; distance=402 kB, estimate=403 kB"


@pytest.mark.parametrize(
    ("message", "values"),
    [
        (f"wrote 9 buffers (0.5%); {_FILES.format('transaction log')}{_SYNC}",
         {"sync_files": 13, "longest_ms": 175.0, "distance_bytes": None}),
        (f"wrote 9 buffers (0.5%); {_FILES.format('transaction log')}{_SYNC}{_WAL}",
         {"distance_bytes": 402 * 1024, "estimate_bytes": 403 * 1024, "slru_buffers": None}),
        ((f"wrote 9 buffers (0.5%), wrote 3 SLRU buffers; {_FILES.format('WAL')}{_SYNC}{_WAL}"
         "; lsn=0/1, redo lsn=0/2"), {"slru_buffers": 3, "average_ms": 14.0}),
    ],
)  # fmt: skip
def test_checkpoints_of_all_releases_are_read(message, values):
    found = checkpoint_values(f"checkpoint complete: {message}")
    common = {
        "restartpoint": False, "buffers": 9, "wal_added": 0, "wal_removed": 1, "wal_recycled": 2,
        "write_ms": 2277.0, "sync_ms": 194.0, "total_ms": 2532.0,
    }  # fmt: skip
    assert (common | values).items() <= found.items()


def test_a_restartpoint_that_says_little_leaves_the_rest_unknown():
    found = checkpoint_values("restartpoint complete: wrote 5 buffers (0.1%)")
    assert (found["restartpoint"], found["buffers"], found["total_ms"]) == (True, 5, None)


_OLD = """automatic vacuum of table "shop.public.orders": index scans: 1
pages: 3 removed, 88 remain, 1 skipped due to pins
tuples: 500 removed, 1500 remain, 7 are dead but not yet removable
buffer usage: 210 hits, 20 misses, 30 dirtied
avg read rate: 1.000 MB/s, avg write rate: 2.000 MB/s
system usage: CPU 0.02s/0.01u sec elapsed 0.10 sec"""
_NEW = """automatic aggressive vacuum to prevent wraparound of table "shop.public.orders": \
index scans: 0
pages: 3 removed, 88 remain, 88 scanned (100.00% of total), 0 eagerly scanned
tuples: 500 removed, 1500 remain, 7 are dead but not yet removable
removable cutoff: 771, which was 0 XIDs old when operation ended
index "orders_pkey": pages: 60 in total, 0 newly deleted, 0 currently deleted, 0 reusable
avg read rate: 0.000 MB/s, avg write rate: 0.000 MB/s
buffer usage: 210 hits, 20 reads, 30 dirtied
WAL usage: 12 records, 1 full page images, 9123 bytes, 0 buffers full
system usage: CPU: user: 0.01 s, system: 0.02 s, elapsed: 0.10 s"""


@pytest.mark.parametrize(
    ("message", "values"),
    [
        (_OLD, {"aggressive": False, "to_prevent_wraparound": False, "index_scans": 1,
                "wal_records": None}),
        (_NEW, {"aggressive": True, "to_prevent_wraparound": True, "index_scans": 0,
                "wal_records": 12, "wal_bytes": 9123}),
    ],
)  # fmt: skip
def test_vacuums_of_all_releases_are_read(message, values):
    common = {
        "table": "shop.public.orders", "pages_removed": 3, "pages_remain": 88,
        "tuples_removed": 500, "tuples_remain": 1500, "tuples_dead": 7, "buffer_hits": 210,
        "buffer_reads": 20, "buffer_dirtied": 30, "cpu_user_ms": 10.0, "cpu_system_ms": 20.0,
        "elapsed_ms": 100.0,
    }  # fmt: skip
    assert vacuum_values(message) == common | {"wal_bytes": None} | values


def test_an_analyze_of_one_line_is_read():
    found = vacuum_values(
        'automatic analyze of table "a.b.c" system usage: CPU 0.01s/0.02u sec elapsed 0.05 sec'
    )
    assert (found["table"], found["elapsed_ms"], found["cpu_user_ms"]) == ("a.b.c", 50.0, 20.0)
