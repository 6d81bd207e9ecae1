"""Lines of real plans of many releases, and what FORMAT JSON prints for them."""

import pytest

from perfkit.plans.reading.lines import BLOCKS, KEYS, jit_options, plain

ZERO = dict.fromkeys(BLOCKS, 0)


@pytest.mark.parametrize(
    ("line", "read"),
    [
        ("Filter: (a = 'x: y'::text)", {"Filter": "(a = 'x: y'::text)"}),
        ("Filter: 5", {"Filter": "5"}),
        ("One-Time Filter: false", {"One-Time Filter": "false"}),
        ('Sort Key: a DESC, f(b, c), "d,e"', {"Sort Key": ["a DESC", "f(b, c)", '"d,e"']}),
        ("Output: id", {"Output": ["id"]}),
        ("Inner Unique: true", {"Inner Unique": True}),
        ("Disabled: true", {"Disabled": True}),
        ("Heap Fetches: 12", {"Heap Fetches": 12}),
        ("Rows Removed by Join Filter: 5244", {"Rows Removed by Join Filter": 5244}),
        ("Sort Method: top-N heapsort  Memory: 25kB",
         {"Sort Method": "top-N heapsort", "Sort Space Used": 25, "Sort Space Type": "Memory"}),
        ("Sort Method: external merge  Disk: 2048kB",
         {"Sort Method": "external merge", "Sort Space Used": 2048, "Sort Space Type": "Disk"}),
        ("Sort Method: still in progress", {"Sort Method": "still in progress"}),
        ("Buffers: shared hit=1 read=2 dirtied=3 written=4, local hit=5, temp read=6 written=7",
         ZERO | {"Shared Hit Blocks": 1, "Shared Read Blocks": 2, "Shared Dirtied Blocks": 3,
                 "Shared Written Blocks": 4, "Local Hit Blocks": 5, "Temp Read Blocks": 6,
                 "Temp Written Blocks": 7}),
        ("Buffers: temp written=7", ZERO | {"Temp Written Blocks": 7}),
        ("I/O Timings: read=1.500 write=0.250",
         {"I/O Read Time": 1.5, "I/O Write Time": 0.25}),  # 9.2 to 14
        ("I/O Timings: shared/local read=1.5, temp read=2.0 write=3.0",
         {"I/O Read Time": 1.5, "Temp I/O Read Time": 2.0, "Temp I/O Write Time": 3.0}),
        ("I/O Timings: shared read=1.5, local write=2, temp read=3.0",
         {"Shared I/O Read Time": 1.5, "Local I/O Write Time": 2.0, "Temp I/O Read Time": 3.0}),
        ("WAL: records=3 fpi=1 bytes=245", {"WAL Records": 3, "WAL FPI": 1, "WAL Bytes": 245}),
        ("WAL: records=3 bytes=245 buffers full=2",
         {"WAL Records": 3, "WAL FPI": 0, "WAL Bytes": 245, "WAL Buffers Full": 2}),
        ("Buckets: 1024  Batches: 1  Memory Usage: 9kB",
         {"Hash Buckets": 1024, "Original Hash Buckets": 1024, "Hash Batches": 1,
          "Original Hash Batches": 1, "Peak Memory Usage": 9}),
        ("Buckets: 2048 (originally 1024)  Batches: 8 (originally 1)  Memory Usage: 4096kB",
         {"Hash Buckets": 2048, "Original Hash Buckets": 1024, "Hash Batches": 8,
          "Original Hash Batches": 1, "Peak Memory Usage": 4096}),
        ("Batches: 5  Memory Usage: 4145kB  Disk Usage: 9000kB",
         {"HashAgg Batches": 5, "Peak Memory Usage": 4145, "Disk Usage": 9000}),
        ("Planned Partitions: 4  Batches: 5  Memory Usage: 9kB  Disk Usage: 8kB",
         {"Planned Partitions": 4, "HashAgg Batches": 5, "Peak Memory Usage": 9,
          "Disk Usage": 8}),
        ("Planned Partitions: 4", {"Planned Partitions": 4}),
        ("Hits: 980  Misses: 20  Evictions: 0  Overflows: 0  Memory Usage: 3kB",
         {"Cache Hits": 980, "Cache Misses": 20, "Cache Evictions": 0, "Cache Overflows": 0,
          "Peak Memory Usage": 3}),
        ("Estimates: capacity=8 distinct keys=4 lookups=10 hit percent=60.00%",
         {"Estimated Capacity": 8, "Estimated Distinct Lookup Keys": 4, "Estimated Lookups": 10,
          "Estimated Hit Percent": 60.0}),
        ("Prefetch: avg=2.50 max=8 capacity=16",
         {"Average Prefetch Distance": 2.5, "Max Prefetch Distance": 8, "Prefetch Capacity": 16}),
        ("Heap Blocks: exact=1234", {"Exact Heap Blocks": 1234, "Lossy Heap Blocks": 0}),
        ("Heap Blocks: lossy=42", {"Exact Heap Blocks": 0, "Lossy Heap Blocks": 42}),
        ("Tuples: inserted=1 skipped=3",
         {"Tuples Inserted": 1, "Tuples Updated": 0, "Tuples Deleted": 0, "Tuples Skipped": 3}),
        ("Tuples Inserted: 5", {"Tuples Inserted": 5}),
        ("Storage: Disk  Maximum Storage: 321kB",
         {"Storage": "Disk", "Maximum Storage": 321}),
        ("Sampling: bernoulli ('10'::real)",
         {"Sampling Method": "bernoulli", "Sampling Parameters": ["'10'::real"]}),
        ("Sampling: system ('1'::real, f(2)) REPEATABLE ('42'::double precision)",
         {"Sampling Method": "system", "Sampling Parameters": ["'1'::real", "f(2)"],
          "Repeatable Seed": "'42'::double precision"}),
        ("Full-sort Groups: 2  Sort Method: quicksort  Average Memory: 27kB  Peak Memory: 28kB",
         {"Full-sort Groups": {"Group Count": 2, "Sort Methods Used": ["quicksort"],
          "Sort Space Memory": {"Average Sort Space Used": 27, "Peak Sort Space Used": 28}}}),
        (("Pre-sorted Groups: 3  Sort Methods: quicksort, external merge  Average Memory: 1kB"
         "  Peak Memory: 2kB  Average Disk: 3kB  Peak Disk: 4kB"),
         {"Pre-sorted Groups": {"Group Count": 3,
          "Sort Methods Used": ["quicksort", "external merge"],
          "Sort Space Memory": {"Average Sort Space Used": 1, "Peak Sort Space Used": 2},
          "Sort Space Disk": {"Average Sort Space Used": 3, "Peak Sort Space Used": 4}}}),
        ("Conflict Arbiter Indexes: a, b", {"Conflict Arbiter Indexes": ["a", "b"]}),
        ("Memory: used=15kB  allocated=16kB", {"Memory Used": 15, "Memory Allocated": 16}),
        ("Foreign File Size: 7 b", {"Foreign File Size": 7}),
        ("Foreign File: /var/it's", {"Foreign File": "/var/it's"}),
        ("Whatever Comes: 7", {"Whatever Comes": 7}),
        ("Whatever Comes: 7 of 9", {"Whatever Comes": "7 of 9"}),
        ("Buffers: odd", {"Buffers": "odd"}),
        ("Heap Fetches: N", {}),
    ],
)  # fmt: skip
def test_a_line_has_the_names_and_types_of_json(line, read):
    key, _, value = line.partition(": ")
    found = plain(key, value)
    assert found == read
    assert [type(one) for one in found.values()] == [type(one) for one in read.values()]


def test_options_of_the_compiler_are_flags():
    assert jit_options("Inlining false, Optimization true, Expressions true, Deforming true") == {
        "Inlining": False, "Optimization": True, "Expressions": True, "Deforming": True,
    }  # fmt: skip


def test_every_condition_is_known_as_a_key():
    assert {"Filter", "Index Cond", "Sort Key", "Buffers", "Disabled", "Heap Fetches"} <= KEYS
