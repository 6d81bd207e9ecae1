"""What the routes of five million requests cost, by how many paths are different.

    python benchmarks/routes.py [rows]

Budgets: a million different paths 10 s of CPU time, 50,000 different ones 2 s, at 5 million rows.
"""

from __future__ import annotations

import resource
import sys
import time

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit.routes import routes

ROWS = 5_000_000
DISTINCT = 1_000_000
FEW = 50_000
WORDS = np.array(
    [
        f"{begin}{end}"
        for begin in ("am", "bir", "ce", "del", "em")
        for end in ("ber", "dar", "ta", "fjord", "ven")
    ]
)


def slugs(count: int) -> pa.Array:
    """Return different names of products: three words, told apart by the number they spell."""
    number = np.arange(count)
    parts = [WORDS[number // len(WORDS) ** place % len(WORDS)] for place in range(5)]
    return pc.binary_join_element_wise(*map(pa.array, parts), "-")


def numbers(count: int) -> pa.Array:
    """Return different numbers as text."""
    return pa.array(np.arange(count)).cast(pa.string())


def digests(count: int) -> pa.Array:
    """Return different digests: 16 hexadecimal digits."""
    mixed = np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    return pa.array([f"{value:016x}" for value in mixed.tolist()])


def paths(kind: str, count: int) -> pa.Array:
    """Return ``count`` different paths."""
    if kind == "numbers":
        return pc.binary_join_element_wise("/orders/", numbers(count), "/lines", "")
    if kind == "digests":
        return pc.binary_join_element_wise("/files/", digests(count), "")
    if kind == "queries":
        return pc.binary_join_element_wise("/search?q=", slugs(count), "")
    if kind == "mixed":
        each = count // 3
        parts = [paths(name, each) for name in ("numbers", "digests", "names")]
        return pa.concat_arrays(parts)
    return pc.binary_join_element_wise("/shop/products/", slugs(count), "")


def measured(kind: str, distinct: int, rows: int) -> str:
    """Return one row of the table."""
    chosen = np.random.default_rng(7).integers(0, distinct, rows)
    known = paths(kind, distinct)
    column = known.take(pa.array(chosen % len(known)))
    table = pa.table({"route": pa.nulls(rows, pa.string()), "path": column})
    begun = time.process_time()
    found = routes(table)
    spent = time.process_time() - begun
    names = len(pc.unique(found))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return f"{kind:8} {rows:>10,} {len(known):>10,} {names:>7,} {spent:8.2f} {peak:9,.0f}"


def main() -> None:
    """Print CPU seconds and the peak of memory (the process's so far, with its input)."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else ROWS
    print(f"{'paths':8} {'rows':>10} {'different':>10} {'routes':>7} {'CPU s':>8} {'peak MB':>9}")
    for distinct in (FEW, DISTINCT):
        for kind in ("numbers", "digests", "names", "queries", "mixed"):
            print(measured(kind, min(distinct, rows), rows), flush=True)


if __name__ == "__main__":
    main()
