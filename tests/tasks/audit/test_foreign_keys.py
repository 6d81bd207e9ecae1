import pytest

from perfkit.probes.foreign_keys import ForeignKey
from perfkit.tasks.audit.foreign_keys import at_rest, foreign_key_advice


def key(**more):
    known = {
        "schema": "public",
        "table": "items",
        "name": "items_order_id_fkey",
        "columns": ("order_id",),
        "parent_schema": "public",
        "parent": "orders",
        "on_delete": "a",
        "rows": 50_000.0,
        "size_bytes": 4 << 20,
        "parent_deletes": 200,
        "partitioned": False,
    }
    return ForeignKey(**{**known, **more})


@pytest.mark.parametrize(
    ("more", "joined", "found"),
    [
        ({}, (), 1),
        ({"parent_deletes": 0}, (), 0),
        ({"parent_deletes": None}, (), 0),
        ({"parent_deletes": 0}, {("public", "items", "order_id")}, 1),
        ({"parent_deletes": 0}, {("other", "items", "order_id")}, 0),
        ({"rows": 999.0}, (), 0),
        ({"rows": None}, (), 1),  # never analysed: 4 MB are no small table
        ({"rows": None, "size_bytes": 81_920}, (), 0),
    ],
)
def test_a_key_counts_if_rows_are_deleted_or_tables_joined(more, joined, found):
    assert len(foreign_key_advice([key(**more)], joined)) == found


def test_the_index_is_to_paste_and_to_undo():
    (advice,) = foreign_key_advice([key()])
    assert advice.action == "create"
    assert advice.columns == "order_id"
    assert "ON public.items (order_id)" in advice.do
    assert "CONCURRENTLY" in advice.do
    assert "DROP INDEX CONCURRENTLY" in advice.undo
    assert "200 rows were deleted from orders" in advice.title
    assert not advice.proven


def test_two_keys_on_the_same_columns_ask_for_one_index():
    twins = [key(columns=("a", "b")), key(name="twin", columns=("b", "a"))]
    assert len(foreign_key_advice(twins)) == 1


def test_what_nothing_needed_so_far_is_one_word_about_all_and_no_row():
    rested = [key(table=f"t{n}", parent_deletes=0) for n in range(5)]
    (advice,) = at_rest([*rested, key()], foreign_key_advice([key()]))
    assert (advice.action, advice.index, advice.do) == ("look", "", "")
    assert [row["table"] for row in advice.evidence] == ["t0", "t1", "t2", "t3", "t4"]
    assert "5 foreign keys have no index" in advice.title
    assert at_rest([key()], foreign_key_advice([key()])) == []


def test_names_of_two_new_indexes_differ_even_if_their_words_do_not():
    twins = [key(table="a_b", columns=("c",)), key(table="a", columns=("b_c",))]
    names = [advice.index for advice in foreign_key_advice(twins)]
    assert names[0] == "a_b_c_idx"
    assert len(set(names)) == 2


def test_a_key_that_an_index_serves_in_part_is_told_so():
    (advice,) = foreign_key_advice([key(columns=("a", "b"), partly="items_b")])
    assert "what items_b finds by one of the columns was read" in advice.reason
    assert advice.severity == "info"
