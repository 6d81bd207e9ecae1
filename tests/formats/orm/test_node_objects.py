"""Objects as Node.js prints them."""

import numpy as np
import pyarrow as pa
import pytest

from perfkit.formats.orm.log_lines import LogLines
from perfkit.formats.orm.node_objects import number, objects, raw, text


@pytest.mark.parametrize(
    ("printed", "value"),
    [
        ("'a'", "a"),
        (r"'it\'s'", "it's"),
        (r'"O\'Neil\n"', "O'Neil\n"),
        ("`both ' and \"`", "both ' and \""),
        (r"'\x1B\u00fc\\'", "\x1bü\\"),
        (r"'\ud800'", "\ufffd"),
        ("'a\\n' +\n    'b'", "a\nb"),
    ],
)
def test_strings_are_unescaped(printed, value):
    body = f"{{\n  other: 1,\n  text: {printed},\n  rows: 1\n}}"
    assert text(pa.array([body]), "text").to_pylist() == [value]


def test_numbers_and_arrays_are_read_by_key():
    bodies = pa.array(["{ duration: 5, bindings: [ 1, 'x' ] }", "{ duration: '7ms' }", "{ a: 1 }"])
    assert number(bodies, "duration").to_pylist() == ["5", "7", None]
    assert raw(bodies, "bindings").to_pylist() == ["[ 1, 'x' ]", None, None]


def test_objects_end_where_their_brace_is_closed():
    log = LogLines.of(b"x {\n  text: 'a'\n}\nq { text: 'b' }\n{\n  a: [\n    {\n")
    first, ends = objects(log, np.zeros(0, np.int64))
    assert list(zip(first.tolist(), ends.tolist(), strict=True)) == [(0, 3), (3, 4)]
