import pytest

from perfkit.plans.candidates import Candidate
from perfkit.plans.candidates.index import index_name
from perfkit.plans.conditions import SortKey


def wanted(*keys, **changes):
    return Candidate(**{"table": "t", "keys": keys or (SortKey(column="a"),)} | changes)


def test_twins_of_one_index_have_names_of_their_own():
    twins = [
        wanted(),
        wanted(where="b = 'new'"),
        wanted(where="b = 'old'"),
        wanted(include=("b",)),
        wanted(method="gin"),
        wanted(SortKey(column="lower(a)", expression=True)),
    ]
    assert [one.name for one in twins] == [
        "t_a_idx",
        "t_a_where_b_new_idx",
        "t_a_where_b_old_idx",
        "t_a_incl_b_idx",
        "t_a_gin_idx",
        "t_lower_a_idx",
    ]


def test_a_name_that_exists_gets_a_digest_and_stays_unique():
    first = index_name(("t", "a"), frozenset({"t_a_idx"}))
    second = index_name(("t", "a"), frozenset({"t_a_idx", first}))
    assert len({first, second, "t_a_idx"}) == 3
    assert index_name(("t", "a")) == "t_a_idx"


@pytest.mark.parametrize(
    ("key", "sql"),
    [
        (SortKey(column="a"), "a"),
        (SortKey(column="Order"), '"Order"'),
        (SortKey(column="a", descending=True, nulls_first=True), "a DESC"),
        (SortKey(column="a", descending=True), "a DESC NULLS LAST"),
        (SortKey(column="a", nulls_first=True), "a NULLS FIRST"),
        (SortKey(column="lower(a)", expression=True), "(lower(a))"),
        (SortKey(column="a", collation='"C"', operator_class="text_pattern_ops"),
         'a COLLATE "C" text_pattern_ops'),
    ],
)  # fmt: skip
def test_a_key_is_written_as_create_index_wants_it(key, sql):
    assert wanted(key).key_list == sql


def test_the_gain_is_the_share_of_rows_spared():
    assert wanted(rows_before=100.0, rows_after=25.0).gain == 0.75
    assert wanted(rows_before=100.0, rows_after=400.0).gain == 0.0
    assert wanted(rows_before=100.0).gain is None
    assert wanted(rows_before=0.0, rows_after=0.0).gain is None
