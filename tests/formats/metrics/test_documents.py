"""Documents one behind the other."""

import re

import pytest

from perfkit.formats.metrics.documents import documents

BEGINS = re.compile(r'\{\s*"a"')


@pytest.mark.parametrize("between", ["", "\n", " , ", "\n\n"])
def test_documents_are_told_apart(between):
    parts = ['{"a": [1, "}{"]}', '{\n  "a": 2\n}']
    assert list(documents(between.join(parts), BEGINS)) == [(part, True) for part in parts]


def test_brackets_of_one_array_around_all_are_passed_over():
    assert list(documents('[{"a":1},{"a":2}]\n', BEGINS)) == [('{"a":1}', True), ('{"a":2}', True)]


def test_a_broken_one_ends_where_the_next_begins():
    assert list(documents('{"a":1{"a":2}{"a":', BEGINS)) == [
        ('{"a":1', False),
        ('{"a":2}', True),
        ('{"a":', False),
    ]


def test_deep_nesting_is_broken_and_nothing_worse():
    text = '{"a":' + "[" * 100_000
    assert list(documents(text, BEGINS)) == [(text, False)]


@pytest.mark.parametrize("text", ["", " \n", "[]"])
def test_nothing_holds_no_document(text):
    assert list(documents(text, BEGINS)) == []


def test_behind_many_broken_ones_the_rest_is_one():
    found = list(documents('{"a":' * 50_000, BEGINS))
    assert (len(found), found[0]) == (100, ('{"a":', False))
