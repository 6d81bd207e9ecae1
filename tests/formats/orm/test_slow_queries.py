"""A slow query is counted once, with its duration, wherever the log is cut."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from perfkit.formats.orm import hibernate, typeorm
from perfkit.formats.orm.slow_queries import slow_pairs

SHAPES = ["SELECT a FROM t{n}", "UPDATE t{n} SET a = 1"]
SAID = st.lists(st.tuples(st.booleans(), st.integers(0, 3)), max_size=40)


def said(item, number, shape, *, slow):
    sql = SHAPES[shape % 2].format(n=shape)
    if item is typeorm.FORMAT:
        mark = f"[SLOW QUERY: {number} ms]" if slow else "[QUERY]"
        return f"[2026-11-21T11:51:19.150Z]{mark}: {sql}\n"
    if slow:
        return f"11:00:00.100 INFO SQL_SLOW - SlowQuery: {number} milliseconds. SQL: '{sql}'\n"
    return f"11:00:00.100 DEBUG org.hibernate.SQL - {sql}\n"


def expected(lines):
    """Return (line, shape, ms) of each row, told one by one."""
    rows, latest = [], {}
    for number, (slow, shape) in enumerate(lines, start=1):
        owner = latest.get(shape)
        if slow and owner is not None and owner[2] is None:
            owner[2] = float(number)
            continue
        rows.append([number, shape, float(number) if slow else None])
        if not slow:
            latest[shape] = rows[-1]
    return rows


@pytest.mark.parametrize("item", [typeorm.FORMAT, hibernate.FORMAT], ids=lambda item: item.name)
@given(lines=SAID, size=st.integers(1, 900))
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_rows_are_those_that_counting_by_hand_gives(read, item, lines, size):
    lines = [(False, 3), *lines]
    text = "".join(
        said(item, n, shape, slow=slow) for n, (slow, shape) in enumerate(lines, start=1)
    )
    whole, cut = read(item, text.encode()), read(item, text.encode(), size=size)
    found = cut.tables["queries"].select(["line", "statement", "duration_ms"]).to_pylist()
    assert [list(row.values()) for row in found] == [
        [number, SHAPES[shape % 2].format(n=shape), ms] for number, shape, ms in expected(lines)
    ]
    assert cut.tables["queries"].to_pylist() == whole.tables["queries"].to_pylist()
    assert set(cut.notes) == set(whole.notes)


def test_a_slow_query_belongs_to_the_last_statement_of_its_shape():
    texts = pa.array(["select 1", "select 2", "select b", "select 3"])
    slow = pa.array(["select 9", "select b", "select c"])
    pairs = slow_pairs(texts, np.array([0, 2, 4, 9]), slow, np.array([5, 6, 7]))
    assert pairs.tolist() == [-1, 0, 1, -1]
