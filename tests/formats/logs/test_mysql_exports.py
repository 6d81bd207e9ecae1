import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perfkit.formats.logs.mysql_exports import columns_of, read_export


def read(text, names=None, **options):
    data = text.encode() if isinstance(text, str) else text
    return read_export(data, data[:65536], names, **{"first": True, **options})


def values(export):
    return {name: column.to_pylist() for name, column in export.columns.items()}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ('A,"B"\n1,"x, ""y"""\n2,NULL\n', {"a": ["1", "2"], "b": ['x, "y"', None]}),
        ('a,b\n1,"say \\"hi\\" \\\\ \\n"\n', {"a": ["1"], "b": ['say "hi" \\ \n']}),
        ('a;b\n1;"x;\ny"\n', {"a": ["1"], "b": ["x;\ny"]}),
        ('a\tb\n1\tx "y\\n\\t\\\\n\n2\tNULL\n', {"a": ["1", "2"], "b": ['x "y\n\t\\n', None]}),
        ('[{"A": 1.5, "b": "x"}, {"a": null, "c": [1]}]',
         {"a": ["1.5", None], "b": ["x", None], "c": [None, "[1]"]}),
        ('{"rows": [{"a": 1}]}', {"a": ["1"]}),
        ('{"a": 1}\n{"a": "2"}\n', {"a": ["1", "2"]}),
    ],
)  # fmt: skip
def test_every_way_to_export_gives_the_same_columns(text, wanted):
    export = read(text)
    assert values(export) == wanted
    assert set(columns_of(text.encode())) >= set(wanted) - {"c"}
    assert export.rejected == ()


def test_rows_know_their_lines_and_all_lines_are_counted():
    export = read('a,b\n1,"x\ny\nz"\n\n2,3,4\n5,6\n7,"open\n')
    assert (export.line.tolist(), export.size.tolist()) == ([2, 7], [3, 1])
    assert (export.lines, export.irrelevant, export.rejected_lines) == (8, 2, 2)
    assert [(bad.line, bad.reason) for bad in export.rejected] == [
        (6, "it has another number of columns than the header"),
        (8, "it is cut off"),
    ]


def test_a_later_piece_has_no_header_and_a_table_without_one_has_given_names():
    data = b"a,b\n1,2\n"
    later = read_export(b"3,4\n", data, first=False)
    assert (values(later), later.irrelevant) == ({"a": ["3"], "b": ["4"]}, 0)
    assert values(read("3,4\n", ["x", "y"])) == {"x": ["3"], "y": ["4"]}


def test_numbers_and_texts_that_are_none_are_null():
    export = read('a,b\n1,""\n1.5,x\nx,\n99999999999999999999999,y\n-1,z\n')
    assert export.number("a").to_pylist() == [1.0, 1.5, None, 1e23, None]
    assert export.whole("a").to_pylist() == [1, 1, None, None, None]
    assert export.text("b").to_pylist() == [None, "x", None, "y", "z"]
    assert export.text("c").null_count == 5


def test_rows_can_be_rejected_later_with_all_their_lines():
    export = read('a,b\n1,"x\ny"\n2,z\n').without(np.array([0]), "it is bad")
    assert (values(export), export.rejected_lines) == ({"a": ["2"], "b": ["z"]}, 2)
    assert [(bad.line, bad.reason) for bad in export.rejected] == [(2, "it is bad")]


def test_columns_of_one_name_are_kept_apart():
    assert values(read("a,A\n1,2\n")) == {"a": ["1"], "a#1": ["2"]}


ALPHABET = st.sampled_from([*'a,"\\\n\t;|{}[]:1\0\r', "NULL", "\\N", '""', "ä", '"a":'])


@settings(max_examples=300, deadline=None)
@given(st.lists(ALPHABET, max_size=60), st.booleans())
def test_any_text_is_read_without_an_error_and_lines_add_up(parts, first):
    data = "".join(parts).encode()
    export = read_export(data, data or b"a,b\n", first=first)
    rows = int(export.size.sum())
    assert len(export.line) == len(export.size)
    assert rows + export.irrelevant + export.rejected_lines == export.lines
    assert all(len(column) == len(export.line) for column in export.columns.values())
