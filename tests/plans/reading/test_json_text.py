import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.errors import InputError
from perfkit.plans.reading.json_text import MAX_DEPTH, decoded, documents, repaired

SCAN = {"Node Type": "Seq Scan", "Relation Name": "a, b", "Filter": "(x = '\"{['::text)"}
DOCUMENT = {
    "Query Text": 'select "a" from {b}',
    "Plan": {
        "Node Type": "Hash Join",
        "Plan Rows": 12,
        "Plans": [
            SCAN,
            {"Node Type": "Hash", "Output": ["a", "b"], "Plans": [SCAN | {"Relation Name": "c"}]},
        ],
    },
    "Planning Time": 0.5,
}


def count(plan):
    return 1 + sum(count(one) for one in plan.get("Plans", ()))


def within(part, whole):
    """Whether everything in ``part`` stands at its place in ``whole``."""
    if isinstance(part, dict):
        return all(key in whole and within(one, whole[key]) for key, one in part.items())
    if isinstance(part, list):
        return len(part) <= len(whole) and all(map(within, part, whole))
    return part == whole


@pytest.mark.parametrize("indent", [None, 2])
def test_what_is_there_of_a_document_is_read_wherever_it_ends(indent):
    text = json.dumps([DOCUMENT], indent=indent)
    read = [repaired(text[:end]) for end in range(len(text))]
    found = [one for one in read if one is not None]
    assert all(within(one.document, DOCUMENT) for one in found)
    sizes = [count(one.document["Plan"]) for one in found]
    assert sizes == sorted(sizes)
    assert set(sizes) == {1, 2, 3, 4}
    assert all(one.lost.endswith("cut off.") for one in found)
    assert len(found) > len(text) * 0.7


@given(st.text(alphabet='{}[]",:\\ \nan1"', max_size=80))
def test_any_end_is_read_or_not(end):
    text = json.dumps(DOCUMENT)[:120] + end
    found = repaired(text)
    assert found is None or found.document["Plan"]["Node Type"] == "Hash Join"


def test_nothing_whole_is_nothing():
    assert repaired("") is None
    assert repaired('{"Plan"') is None
    assert repaired('{"Plan": {"Node Type": "Se') is None
    assert repaired('{"Plan": 3, "x": ') is None


def test_depth_is_bounded():
    with pytest.raises(InputError, match="nested deeper"):
        repaired('{"Plan": {"Node Type": "Limit", "Plans": ' + '[{"Plans": ' * 3 * MAX_DEPTH)
    for text in ("[" * 100_000, '{"Plan":' * 100_000):
        with pytest.raises(InputError, match="nested deeper"):
            decoded(text)


def test_two_lists_of_workers_become_one():
    text = (
        '{"Plan": {"Workers": [{"Worker Number": 0, "Sort Method": "quicksort"}], '
        '"Workers": [{"Worker Number": 0, "Actual Rows": 5}, {"Worker Number": 1}]}}'
    )
    merged = [
        {"Worker Number": 0, "Sort Method": "quicksort", "Actual Rows": 5},
        {"Worker Number": 1},
    ]
    assert decoded(text)["Plan"]["Workers"] == merged
    assert next(documents(f"LOG: {text}"))["Plan"]["Workers"] == merged


def test_brackets_of_a_log_line_are_passed_over():
    text = "[12]: [{3}] LOG: plan: " + json.dumps(DOCUMENT) + " [end]"
    assert list(documents(text)) == [DOCUMENT]
    assert list(documents(text * 2)) == [DOCUMENT] * 2
    assert list(documents('[{"a": ' * 60)) == []
