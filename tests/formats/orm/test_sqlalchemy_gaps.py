"""The time to the next line, also over the border of two chunks."""

import numpy as np
import pyarrow as pa

from perfkit import tables
from perfkit.formats.model import Parsed
from perfkit.formats.orm.log_prefixes import NO_TIME
from perfkit.formats.orm.sqlalchemy_gaps import UNKNOWN, Open, gap, mend


def _part(firsts, waiting):
    pending = tables.from_columns("queries", {"line": pa.array(range(len(waiting)), pa.int64())})
    return Parsed(
        pending={"queries": pending} if waiting else {}, carry=Open(dict(firsts), list(waiting))
    )


def test_a_gap_needs_both_times_in_order_and_no_new_transaction():
    start = np.array([5, 5, 5, NO_TIME, 5])
    end = np.array([9, 4, NO_TIME, 9, 9])
    begins = np.array([False, False, False, False, True])
    assert gap(start, end, begins).tolist() == [4, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN]


def test_the_next_line_of_a_connection_may_be_several_chunks_away():
    parts = [
        _part({"a": (0, False), "b": (0, False)}, [("a", 1_000_000), ("b", 2_000_000)]),
        _part({"b": (5_000_000, False)}, []),
        _part({"a": (9_000_000, False)}, [("a", 9_000_000)]),
    ]
    queries = mend(parts).tables["queries"]
    assert queries["duration_ms"].to_pylist() == [8.0, 3.0, None]
    assert queries["duration_kind"].to_pylist() == ["gap_upper_bound", "gap_upper_bound", None]


def test_nothing_pending_is_nothing_to_mend():
    assert mend([_part({"a": (0, False)}, [])]).tables == {}
