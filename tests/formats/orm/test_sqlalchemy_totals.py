"""Totals of threads that overlap are those of counting by hand, wherever the log is cut."""

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from perfkit.formats.orm.sqlalchemy_timing import FORMAT

LINES = st.lists(st.tuples(st.sampled_from("sct"), st.integers(0, 2)), min_size=1, max_size=40)
SAID = {"s": "Start Query: SELECT {n}", "c": "Query Complete!", "t": "Total Time: 0.{n:06}"}


def expected(lines):
    """Return (line, ms) of each start, told one by one."""
    rows, running = [], {}
    for number, (kind, thread) in enumerate(lines, start=1):
        if kind == "s":
            rows.append([number, None])
            running[thread] = rows[-1]
        elif kind == "t" and thread in running:
            running.pop(thread)[1] = pytest.approx(number / 1000)
    return rows


@example(  # chunks: line 1; lines 2 and 3; the rest
    lines=[*zip("sstst", [0, 0, 0, 1, 0], strict=True), *[("c", 1)] * 4, *[("s", 1)] * 5], size=1
)
@given(lines=LINES, size=st.integers(1, 600))
@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_each_start_has_the_next_total_of_its_thread(read, lines, size):
    text = "".join(
        f"2026-11-21 11:00:00 [Thread-{thread}] DEBUG app.sqltime {SAID[kind].format(n=n)}\n"
        for n, (kind, thread) in enumerate(lines, start=1)
    )
    whole, cut = read(FORMAT, text.encode()), read(FORMAT, text.encode(), size=size)
    assert (
        (cut.irrelevant, cut.rejected_lines) == (whole.irrelevant, whole.rejected_lines) == (0, 0)
    )
    wanted = expected(lines)
    assert cut.tables.keys() == whole.tables.keys() == ({"queries"} if wanted else set())
    for table in cut.tables.values():
        found = table.select(["line", "duration_ms"]).to_pylist()
        assert [list(row.values()) for row in found] == wanted
        assert table.to_pylist() == whole.tables["queries"].to_pylist()
