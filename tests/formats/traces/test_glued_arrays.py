"""Arrays written one behind the other lose no span, wherever the file is divided."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.formats.traces import datadog_agent, zipkin_v2
from perfkit.formats.traces.glued_arrays import as_one_array

NASTY = '}][{ }]\n[{"a":1} ]] [[ \\"}],[{\\" '


def zipkin(number):
    return {
        "traceId": f"{number // 3 + 1:032x}",
        "id": f"{number + 1:016x}",
        "name": "get",
        "timestamp": 1_772_442_000_000_000 + number,
        "duration": 5 + number,
        "localEndpoint": {"serviceName": "desk"},
        "tags": {"note": NASTY},
    }


def datadog(number):
    return {
        "trace_id": number // 3 + 1,
        "span_id": number + 1,
        "parent_id": 0,
        "name": "web.request",
        "service": "desk",
        "resource": "GET /a",
        "type": "web",
        "start": 1_772_442_000_000_000_000 + number,
        "duration": 5_000 + number,
        "meta": {"note": NASTY},
        "metrics": {},
    }


def spans_of(result):
    return sorted(result.tables["spans"]["duration_ms"].to_pylist())


def written(spans, size, style):
    """Return the spans in arrays of ``size``, one behind the other."""
    arrays = [spans[at : at + size] for at in range(0, len(spans), size)]
    indent, between = {"glued": (None, ""), "printed": (1, "\n"), "printed, glued": (1, "")}[style]
    return between.join(json.dumps(array, indent=indent) for array in arrays).encode()


@pytest.mark.parametrize("style", ["glued", "printed", "printed, glued"])
@pytest.mark.parametrize("cut", [None, 700, 3_000])
def test_every_span_of_every_zipkin_array_is_read(parsed, accounts, style, cut):
    data = written([zipkin(n) for n in range(40)], 3, style)
    result = parsed(zipkin_v2.FORMAT, data, size=cut)
    assert spans_of(result) == [(5 + n) / 1_000 for n in range(40)]
    assert not result.rejected
    accounts(result, 40)


@pytest.mark.parametrize("style", ["glued", "printed", "printed, glued"])
@pytest.mark.parametrize("cut", [None, 900, 4_000])
def test_every_span_of_every_datadog_payload_is_read(parsed, accounts, style, cut):
    groups = [[datadog(3 * n), datadog(3 * n + 1), datadog(3 * n + 2)] for n in range(12)]
    data = written(groups, 2, style)
    result = parsed(datadog_agent.FORMAT, data, size=cut)
    assert spans_of(result) == [(5_000 + n) / 1e6 for n in range(36)]
    accounts(result, 36)


@pytest.mark.parametrize("wrap", [lambda p: p, lambda p: {"traces": p}])
def test_payloads_listed_by_jq_are_read(parsed, wrap):
    payloads = [[[datadog(2 * n)], [datadog(2 * n + 1)]] for n in range(5)]
    data = json.dumps([wrap(payload) for payload in payloads]).encode()
    assert len(spans_of(parsed(datadog_agent.FORMAT, data))) == 10


@given(st.lists(st.text('[]{},:"\\ \nab1', max_size=30), min_size=1, max_size=8))
def test_texts_that_look_like_the_end_of_an_array_stay(texts):
    items = [{"id": number, "text": text} for number, text in enumerate(texts)]
    data = b"".join(json.dumps([item]).encode() for item in items)
    assert json.loads(as_one_array(data, data)) == items


def test_one_array_is_given_back_untouched():
    data = json.dumps([zipkin(1), zipkin(2)]).encode()
    assert as_one_array(data, data) is data
