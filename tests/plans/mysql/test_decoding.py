import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.errors import InputError
from perfkit.plans.mysql.decoding import decoded, unescaped


def test_members_of_one_name_are_kept_in_order():
    found = decoded('{"query_block": {"table": {"a": 1}, "block-nl-join": {}, "table": {"a": 2}}}')
    assert found["query_block"] == {
        "nested_loop": [{"table": {"a": 1}}, {"block-nl-join": {}}, {"table": {"a": 2}}]
    }
    sorts = decoded('{"query_block": {"sorts": {"filesort": 1, "filesort": 2}}}')
    assert sorts["query_block"]["sorts"] == {"filesort": [1, 2]}


def test_quotes_that_the_server_did_not_escape_are_mended():
    condition = '    "attached_condition": "t.a = \'x"y\\z\'",'
    text = f'{{\n  "query_block": {{\n{condition}\n    "rows": 1\n  }}\n}}'
    assert decoded(text)["query_block"]["attached_condition"] == "t.a = 'x\"y\\z'"


def test_quotes_in_names_are_mended_in_lists_too():
    lines = (
        '    "possible_keys": ["a"b", "PRIMARY", "c\\\\d"],', '    "used_key_parts": [',
        '      "x"y",', '      "z"', "    ],", '    "key": "a"b",', '    "ref": ["const"]',
    )  # fmt: skip
    found = decoded('{\n  "query_block": {\n' + "\n".join(lines) + "\n  }\n}")
    assert found["query_block"] == {
        "possible_keys": ['a"b', "PRIMARY", "c\\d"], "used_key_parts": ['x"y', "z"],
        "key": 'a"b', "ref": ["const"],
    }  # fmt: skip


def test_brackets_in_front_of_the_plan_are_passed_over():
    assert decoded('log {1} {"a": 2} {"query_block": {}} rest') == {"query_block": {}}
    assert decoded("{" * 50) is None


@given(st.dictionaries(st.text(), st.text() | st.integers()))
def test_escaping_as_the_batch_mode_does_is_undone(members):
    text = json.dumps({"query_block": members}, indent=2)
    batch = text.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t")
    assert unescaped(batch) == text
    assert decoded(batch) == {"query_block": members} or set(members) & {"table"}


def test_brackets_without_end_are_refused():
    with pytest.raises(InputError):
        decoded('{"query_block": ' + "[" * 100_000)
