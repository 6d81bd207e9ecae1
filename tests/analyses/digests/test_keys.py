"""What can be grouped by, and which group every row is in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.analyses.digests.keys import grouping, keys_of
from perfkit.errors import UsageError

ROW = st.fixed_dictionaries(
    {
        "user": st.sampled_from(["ann", "bob", "", None]),
        "database": st.sampled_from(["shop", None]),
        "rows_returned": st.one_of(st.none(), st.integers(0, 3)),
        "at": st.one_of(st.none(), st.integers(0, 7_200_000)),
    }
)


@pytest.mark.parametrize(
    ("said", "columns"),
    [
        ("fingerprint", ("fingerprint_id",)),
        ("fingerprint_id,fingerprint", ("fingerprint_id",)),
        (" user , database,user", ("user", "database")),
        (["hour"], ("hour",)),
        ("fingerprint,user", ("fingerprint", "user")),
    ],
)
def test_columns_are_named_in_any_way(said, columns):
    assert grouping(said) == columns


@pytest.mark.parametrize(
    ("said", "hint"),
    [("usr", "'user'"), ("attributes", "columns: "), ("", "user,database"), ([], "user,database")],
)
def test_what_is_no_column_is_refused_with_a_hint(said, hint):
    with pytest.raises(UsageError, match="group by: ") as caught:
        grouping(said)
    assert hint in caught.value.hint


@given(st.lists(ROW, max_size=30), st.sampled_from([("user",), ("user", "database", "hour")]))
def test_every_row_is_in_the_group_of_its_values(table_of, rows, by):
    keys, code = keys_of(table_of(rows or [{"user": None}]).slice(0, len(rows)), by)
    assert len(code) == len(rows)
    found = [keys.slice(int(n), 1).to_pylist()[0] for n in code]
    for row, key in zip(rows, found, strict=True):
        assert key["user"] == row["user"]
        if "hour" in by:
            hour = None if row["at"] is None else f"2026-01-01T0{row['at'] // 3_600_000}:00:00Z"
            assert (key["database"], key["hour"]) == (row["database"], hour)
    used = {tuple(key.values()) for key in found}
    assert len(set(code.tolist())) == len(used)


def test_numbers_are_grouped_by_their_text(table_of):
    keys, code = keys_of(
        table_of([{"rows_returned": n} for n in (10, 9, 10, None)]), ("rows_returned",)
    )
    assert [keys["rows_returned"][int(n)].as_py() for n in code] == ["10", "9", "10", None]
