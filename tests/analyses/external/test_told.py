import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.analyses.external.told import REUSED, ROWS, SIZE, Told, number, yes
from perfkit.analyses.traces.forest import Forest

SHAPES = {
    "otlp": b'[{"key": "http.response.body.size", "value": {"intValue": "350000"}}]',
    "jaeger": b'[{"key":"http.response.body.size","type":"int64","value":350000}]',
    "datadog": b'{"meta": {"http.response.headers.content-length": "350000"}}',
    "sentry": b'{"data": {"http.response_content_length": 350000}}',
    "header": b'{"http.response.header.content-length": ["350000"]}',
    "elastic": b'{"context": {"http": {"response": {"transfer_size": 350000}}}}',
}


def told(table, *raw):
    rows = [{"trace_id": "t", "span_id": str(n), "attributes": one} for n, one in enumerate(raw)]
    return Told(Forest(table("spans", rows)))


@pytest.mark.parametrize("shape", SHAPES)
def test_a_size_is_found_in_every_shape(table, shape):
    rows, sizes = told(table, b"{}", SHAPES[shape]).numbers(SIZE)
    assert (rows.tolist(), sizes.tolist()) == ([1], [350_000.0])


def test_small_sizes_are_not_looked_at_unless_asked_for(table):
    small = told(table, SHAPES["otlp"].replace(b"350000", b"350"))
    assert not len(small.numbers(SIZE)[0])
    assert small.of(small.forest.roots) == [{"http.response.body.size": 350}]


def test_rows_and_reuse(table):
    found = told(
        table, b'{"db.response.returned_rows": 1200}', b'{"http.conn.reused": false}', None
    )
    assert found.numbers(ROWS)[1].tolist() == [1200.0]
    assert found.values(REUSED) == {1: False}


@given(st.one_of(st.text(), st.integers(), st.floats(), st.lists(st.text()), st.none()))
def test_anything_is_a_number_or_none(value):
    found = number(value)
    assert found is None or found >= 0


def test_flags_come_as_anything():
    assert all(map(yes, (True, "true", "True", 1, "1")))
    assert not any(map(yes, (False, "false", 0, None, "")))
