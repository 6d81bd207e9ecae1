import pytest

from perfkit.formats.logs.mysql_json import is_json, json_names, json_rows


def test_json_is_told_by_its_first_character():
    assert is_json(b' [{"a": 1}]')
    assert is_json(b'{"a": 1}\n')
    assert not is_json(b"a,b\n{}\n")


def test_names_are_the_keys_of_the_beginning_even_when_it_is_cut():
    assert json_names(b'[{"DIGEST": "x", "Count_Star" : 1}, {"digest": "y", "sum') == (
        "digest",
        "count_star",
    )


@pytest.mark.parametrize("data", [b'[{"a": 1}, 5, null]', b'{"a": 1}\n5\n{"a": \n'])
def test_what_is_no_object_is_rejected_by_its_number(data):
    columns, rejected, count = json_rows(data)
    assert columns["a"].to_pylist() == ["1"]
    assert (count, [bad.line for bad in rejected]) == (3, [2, 3])


def test_json_nested_too_deeply_is_rejected_not_raised():
    _, rejected, count = json_rows(b"[" * 100_000)
    assert (count, len(rejected)) == (1, 1)
