import pytest

from perfkit.plans.mysql.operations import described, is_heading


@pytest.mark.parametrize(
    ("text", "kind", "more"),
    [
        ("Table scan on my table", "Table Scan", {"Alias": "my table"}),
        ("Covering index lookup on o using k (a=1, b=u.id) (reverse)", "Index Lookup",
         {"Alias": "o", "Index Name": "k", "Index Cond": "a=1, b=u.id", "using_index": True}),
        ("Index lookup on t using k (a=1), with index condition: (t.b = 2)", "Index Lookup",
         {"Index Cond": "a=1 AND (t.b = 2)", "pushed_index_condition": "(t.b = 2)"}),
        ("Index range scan on t (re-planned for each iteration)", "Index Range Scan",
         {"Alias": "t"}),
        ("Covering index skip scan for grouping on t using k over (1 < a)", "Index Skip Scan",
         {"Index Cond": "(1 < a)"}),
        ("Full-text index search on t using ft (a=1)", "Full-text Index Search", {}),
        ("Multi-range index lookup on t using k (a=1)", "Multi-range Index Lookup", {}),
        ("Constant row from t", "Constant Row", {"Relation Name": "t"}),
        ("Count rows in t", "Count Rows", {"Relation Name": "t"}),
        ("Delete from t (immediate)", "Delete", {"Relation Name": "t", "Operation": "Delete"}),
        ("Update t (buffered)", "Update", {"Relation Name": "t", "Operation": "Update"}),
        ("Insert into t", "Insert", {"Operation": "Insert"}),
        ("Nested loop left join", "Nested Loop", {"Join Type": "Left"}),
        ("Nested loop semijoin with duplicate removal on k", "Nested Loop", {"Join Type": "Semi"}),
        ("Batched key access inner join", "Batched Key Access", {"Join Type": "Inner"}),
        ("Hash antijoin (a = b)", "Hash Join", {"Join Type": "Anti", "Hash Cond": "(a = b)"}),
        ("Left hash join (no condition), extra conditions: (a < b)", "Hash Join",
         {"Join Type": "Left", "Join Filter": "(a < b)"}),
        ("Sort row IDs: t.a DESC, f(t.b, 1)", "Sort", {"Sort Key": ["t.a DESC", "f(t.b, 1)"]}),
        ("Sort: t.a, limit input to 20 row(s) per chunk", "Sort", {"limit_rows": 20}),
        ("Filter: (a: b)", "Filter", {"Filter": "(a: b)"}),
        ("Limit/Offset: 5/10 row(s)", "Limit", {}),
        ("Materialize CTE c if needed (query plan printed elsewhere)", "Materialize", {}),
        ("Union materialize with deduplication", "Union", {}),
        ("Except all materialize", "Except", {}),
        ("Intersect rows sorted by row ID", "Index Merge", {}),
        ("Window multi-pass aggregate with buffering: rank() OVER w", "Window", {}),
        ("Group aggregate with rollup: sum(a)", "Group Aggregate", {}),
        ("<not executable by iterator executor>", "Result", {}),
        ("Something of next year", "Something of next year", {}),
        ("", "Unknown", {}),
    ],
)  # fmt: skip
def test_a_description_becomes_properties(text, kind, more):
    found = described(text)
    assert found["Node Type"] == kind
    assert {key: found.get(key) for key in more} == more


def test_headings_are_told_from_steps():
    assert is_heading("Hash")
    assert is_heading("Select #2 (subquery in condition; dependent)")
    assert is_heading("Repeat until convergence")
    assert not is_heading("Hash semijoin (a = b)")
    assert not is_heading("Limit: 5 row(s)")
