"""What is proposed for plans that nobody ran here: synthetic facts, hostile texts, huge plans."""

import time
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perfkit.plans.candidates import candidates
from perfkit.plans.facts import ColumnFacts, Facts, IndexFacts, TableFacts
from perfkit.plans.postgres_sql import code
from perfkit.plans.read import read_plan

COLUMNS = {
    "id": ColumnFacts(name="id", type="bigint", distinct=-1.0, width_bytes=8, correlation=1.0),
    "user_id": ColumnFacts(name="user_id", type="bigint", distinct=20_000.0, width_bytes=8),
    "state": ColumnFacts(
        name="state", type="text", distinct=3.0, width_bytes=5, null_share=0.0,
        common=("done", "new", "odd"), shares=(0.90, 0.08, 0.02), by_bytes=False,
    ),
    "at": ColumnFacts(
        name="at", type="timestamp with time zone", distinct=-1.0, correlation=0.99, width_bytes=8,
        bounds=tuple(f"20{year}-01-01 00:00:00+00" for year in range(10, 30)),
    ),
    "doc": ColumnFacts(name="doc", type="json", width_bytes=50),
    "long": ColumnFacts(name="long", type="text", width_bytes=4000, distinct=-1.0),
}  # fmt: skip
TABLE = TableFacts(
    schema="s", name="t", rows=2_000_000.0, pages=140_000, visible_share=1.0, columns=COLUMNS,
    updates=5000, hot_updates=4000,
)  # fmt: skip


def facts(**changes):
    table = replace(TABLE, **changes)
    return Facts(tables={("s", "t"): table})


def scan(filter_text, kept, **more):
    return {
        "Node Type": "Seq Scan", "Schema": "s", "Relation Name": "t", "Alias": "t",
        "Filter": filter_text, "Plan Rows": kept, "Total Cost": 170_000.0,
    } | more  # fmt: skip


def proposed(root, known=None):
    return candidates(read_plan({"Plan": root}), known)


def bodies(root, known=None):
    return [one.body for one in proposed(root, known)]


def test_a_large_table_in_the_order_of_the_column_may_have_a_summary_per_block_range():
    text = "(t.at > '2028-06-01 00:00:00+00'::timestamp with time zone)"
    assert bodies(scan(text, 60_000), facts()) == ["(at)", "USING brin (at)"]
    assert bodies(scan(text, 60_000), facts(pages=120_000)) == ["(at)"]
    scattered = COLUMNS | {"at": replace(COLUMNS["at"], correlation=0.5)}
    assert bodies(scan(text, 60_000), facts(columns=scattered)) == ["(at)"]


def test_updates_that_were_hot_and_stop_being_so_are_said():
    (first, *_) = proposed(scan("(t.user_id = 5)", 100), facts())
    assert "80.0 % of the table's updates are HOT" in first.notes[0]
    assert "user_id" in first.notes[0]
    (first, *_) = proposed(scan("(t.user_id = 5)", 100), facts(hot_updates=100))
    assert first.notes == ()


@pytest.mark.parametrize(
    "text", ["((t.doc)::text = 'x'::text)", "(t.long = 'x'::text)", "(t.ctid = '(0,1)'::tid)"]
)
def test_columns_that_no_b_tree_can_hold_are_left_out(text):
    assert bodies(scan(text, 10), facts()) == []


def test_a_cast_to_text_of_a_number_takes_an_expression():
    assert bodies(scan("((t.user_id)::text = '5'::text)", 10), facts()) == ["(((user_id)::text))"]


def test_a_cast_of_text_to_text_hides_a_collation():
    assert bodies(scan("((t.state)::text > 'x'::text)", 10), facts()) == []


def test_offline_a_comparison_as_text_is_said_with_its_condition():
    (first,) = proposed(scan("((t.state)::text = 'x'::text)", 10))
    assert first.compared_as_text == ("state",)


def test_foreign_keys_and_many_values_come_first_and_extend_what_is_there():
    text = "((t.state = 'new'::text) AND (t.user_id = 5))"
    assert bodies(scan(text, 10), facts())[0] == "(user_id, state)"
    old = IndexFacts(name="t_state_idx", method="btree", keys=("state",))
    (first, *_) = proposed(scan(text, 10), facts(indexes=(old,)))
    assert (first.body, first.replaces) == ("(state, user_id)", old)


def test_a_column_that_keeps_most_rows_is_no_key():
    text = "((t.state = 'done'::text) AND (t.user_id = 5))"
    assert bodies(scan(text, 10), facts()) == ["(user_id)"]


def test_behind_a_unique_column_nothing_follows():
    text = "((t.id = 7) AND (t.state = 'new'::text) AND (t.user_id = 5))"
    limit = {
        "Node Type": "Limit",
        "Plan Rows": 5,
        "Plans": [
            {"Node Type": "Sort", "Sort Key": ["t.at"], "Plan Rows": 1, "Plans": [scan(text, 1)]}
        ],
    }
    assert bodies(limit, facts()) == ["(id)"]


def test_names_that_exist_are_not_taken_again():
    other = IndexFacts(name="t_user_id_idx", method="btree", keys=("at",))
    (first, *_) = proposed(scan("(t.user_id = 5)", 100), facts(indexes=(other,)))
    assert first.name != "t_user_id_idx"
    assert first.name.startswith("t_user_id_")


def test_partitions_of_unknown_parents_are_proposed_once():
    parts = [
        scan(f"(t_{n}.user_id = 5)", 10, Alias=f"t_{n}", **{"Relation Name": f"t_{n}"})
        for n in range(5)
    ]
    (only,) = proposed({"Node Type": "Append", "Plan Rows": 50, "Plans": parts})
    assert only.body == "(user_id)"
    assert "partitioned table" in only.notes[-1]


def test_the_estimate_says_how_many_rows_are_spared():
    (first, *_) = proposed(scan("(t.user_id = 5)", 100), facts())
    assert (first.rows_before, first.rows_after) == (2_000_000, 100)
    assert first.gain == pytest.approx(0.99995)
    assert first.reason == "Fits the condition: about 100 rows instead of 2,000,000."


def test_plans_of_other_systems_are_left_alone():
    plan = replace(read_plan({"Plan": scan("(t.user_id = 5)", 100)}), system="mariadb")
    assert candidates(plan, facts()) == []


HOSTILE = 'x"; drop table t; --\n'


def test_hostile_names_stay_names():
    columns = {HOSTILE: replace(COLUMNS["user_id"], name=HOSTILE)}
    quoted = '"' + HOSTILE.replace('"', '""') + '"'
    node = scan(f"(t.{quoted} = 5)", 10, **{"Relation Name": HOSTILE})
    known = Facts(tables={("s", HOSTILE): replace(TABLE, name=HOSTILE, columns=columns)})
    (first,) = proposed(node, known)
    words = {token.text.lower() for token in code(first.sql()) if token.kind == "word"}
    assert "drop" not in words


FILTERS = st.lists(
    st.sampled_from(
        ["(t.user_id = 5)", "(t.state = 'new'::text)", "(t.at > $1)", "(t.id <> 3)", "(",
         "(t.user_id = u.id)", "(t.state ~~ '%abc%'::text)", " OR ", " AND ", "(NOT t.state)", ")",
         "(t.doc @> '{}'::jsonb)", "(lower(t.state) = 'x'::text)", "(t.user_id IS NULL)"]
    ),
    max_size=6,
).map("".join)  # fmt: skip
NODES = st.recursive(
    st.builds(
        lambda text, kept, kind: scan(text, kept, **{"Node Type": kind, "Index Name": "i"}),
        FILTERS,
        st.integers(0, 10**6),
        st.sampled_from(["Seq Scan", "Index Scan", "Bitmap Heap Scan", "CTE Scan"]),
    ),
    lambda below: st.builds(
        lambda kind, plans, join: {
            "Node Type": kind, "Plans": plans, "Plan Rows": 5, "Join Type": join,
            "Sort Key": ["t.at DESC"], "Group Key": ["t.user_id"],
            "Hash Cond": "(t.user_id = u.id)",
            "Output": ["max(t.at)"],
        },
        st.sampled_from(["Limit", "Sort", "Hash Join", "Nested Loop", "Append", "Aggregate",
                         "Gather", "Unique", "Hash"]),
        st.lists(below, min_size=1, max_size=3),
        st.sampled_from(["Inner", "Left", "Anti", "Full"]),
    ),
    max_leaves=6,
)  # fmt: skip


@given(NODES, st.booleans())
@settings(deadline=None)
def test_any_plan_is_answered_with_indexes_that_can_be_written(root, known):
    for one in proposed(root, facts() if known else None):
        made = one.sql(concurrently=False)
        assert made.startswith("CREATE INDEX ")
        assert [token.text for token in code(made)].count(";") == 1
        assert 0 < len(one.keys) <= 4
        assert len(one.name.encode()) <= 63
        assert one.gain is None or 0.0 <= one.gain <= 1.0


def test_large_plans_take_linear_time():
    parts = [
        scan(f"(t_{n}.user_id = 5)", 10, Alias=f"t_{n}", **{"Relation Name": f"t_{n}"})
        for n in range(3000)
    ]
    chain = scan("(t.user_id = 5)", 10)
    for _ in range(280):
        chain = {
            "Node Type": "Nested Loop",
            "Join Type": "Inner",
            "Plan Rows": 10,
            "Plans": [chain, scan("(t.user_id = 5)", 10, **{"Parent Relationship": "Inner"})],
        }
    tables = {("s", f"t_{n}"): replace(TABLE, name=f"t_{n}") for n in range(3000)}
    start = time.perf_counter()
    proposed({"Node Type": "Append", "Plan Rows": 50, "Plans": parts}, Facts(tables=tables))
    proposed({"Node Type": "Append", "Plan Rows": 50, "Plans": parts})
    proposed(chain, facts())
    assert time.perf_counter() - start < 20.0
