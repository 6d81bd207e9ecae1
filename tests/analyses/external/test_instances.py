import json

import pytest

from perfkit.analyses.external.instances import instances
from perfkit.analyses.traces.forest import Forest


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({"service.instance.id": "a", "host.name": "x"}, {"service.instance.id": "a"}, True),
        ({"host.name": "x", "process.pid": 1}, {"host.name": "x", "process.pid": 2}, False),
        ({"k8s.pod.name": "p-1"}, {"k8s.pod.name": "p-1"}, True),
        ({"k8s.pod.name": "p-1"}, {"k8s.pod.name": "p-2"}, False),
        ({"client-uuid": "1"}, {"client-uuid": "2"}, False),
    ],
)
def test_processes_are_told_apart(table, one, other, same):
    rows = [
        {"trace_id": "t", "span_id": str(n), "resource": json.dumps(raw)}
        for n, raw in enumerate((one, other))
    ]
    number, names = instances(Forest(table("spans", rows)))
    assert bool(number[0] == number[1]) is same
    assert len(names) == 2 - same


def test_a_process_that_nothing_names_is_unknown(table):
    rows = [{"trace_id": "t", "span_id": "1", "resource": '{"process.pid": 4}'}]
    assert instances(Forest(table("spans", rows)))[0].tolist() == [-1]
