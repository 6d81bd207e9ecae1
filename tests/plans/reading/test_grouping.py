from perfkit.plans.reading.grouping import with_grouping


def keys(*lines):
    node = {"Node Type": "Aggregate", "Grouping Sets": list(lines)}
    with_grouping({"Node Type": "Limit", "Plans": [node]})
    return {name: value for name, value in node.items() if name != "Node Type"}


def test_one_group_key_is_a_list():
    assert keys((4, "Group Key", "a, f(b, c)")) == {"Group Key": ["a", "f(b, c)"]}


def test_an_empty_set_is_a_grouping_set():
    assert keys((4, "Group Key", "()")) == {"Grouping Sets": [{"Group Keys": [[]]}]}


def test_sets_that_are_sorted_again_are_apart():
    assert keys(
        (4, "Group Key", "a, b"), (4, "Group Key", "a"), (4, "Group Key", "()"),
        (4, "Sort Key", "b"), (6, "Group Key", "b"),
        (4, "Sort Key", "c"), (6, "Group Key", "c, d"), (6, "Group Key", "c"),
    ) == {
        "Grouping Sets": [
            {"Group Keys": [["a", "b"], ["a"], []]},
            {"Sort Key": ["b"], "Group Keys": [["b"]]},
            {"Sort Key": ["c"], "Group Keys": [["c", "d"], ["c"]]},
        ]
    }  # fmt: skip


def test_hashed_sets_have_a_table_each():
    assert keys((4, "Hash Key", "a"), (4, "Hash Key", "b"), (4, "Group Key", "()")) == {
        "Grouping Sets": [{"Hash Keys": [["a"]]}, {"Hash Keys": [["b"]]}, {"Group Keys": [[]]}]
    }
