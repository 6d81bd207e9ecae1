"""What describes the process that sent events: metadata, overridden by an event's context."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.formats.traces import elastic_process
from perfkit.formats.traces.elastic_process import Process, Processes, resource

METADATA = {
    "service": {
        "name": "shop",
        "version": "1",
        "environment": "prod",
        "agent": {"name": "python", "version": "6"},
        "node": {"configured_name": "n1"},
    },
    "process": {"pid": 17},
    "system": {
        "hostname": "old",
        "detected_hostname": "seen",
        "container": {"id": "c"},
        "kubernetes": {"namespace": "ns", "pod": {"name": "p"}, "node": {"name": "k"}},
    },
    "cloud": {"region": "eu"},
    "labels": {"team": "a", "empty": ""},
}


def of(metadata, context=None):
    texts = [json.dumps(one).encode() for one in (metadata, context)]
    found = Processes().of(*texts)
    return found.service, json.loads(found.resource or "{}")


def test_metadata_becomes_opentelemetrys_names():
    service, said = of(METADATA)
    assert service == "shop"
    assert said == {
        "service.version": "1",
        "deployment.environment": "prod",
        "service.instance.id": "n1",
        "telemetry.distro.name": "python",
        "telemetry.distro.version": "6",
        "host.name": "seen",
        "container.id": "c",
        "k8s.namespace.name": "ns",
        "k8s.node.name": "k",
        "k8s.pod.name": "p",
        "cloud.region": "eu",
        "process.pid": 17,
        "labels.team": "a",
    }


def test_the_configured_host_is_the_one_people_know():
    system = {"hostname": "old", "detected_hostname": "seen", "configured_hostname": "named"}
    assert of({"system": system})[1]["host.name"] == "named"
    assert of({"system": {"hostname": "old"}})[1]["host.name"] == "old"


def test_a_context_overrides_what_it_names_and_nothing_else():
    service, said = of(METADATA, {"service": {"name": "cart", "version": "2", "environment": ""}})
    assert service == "cart"
    assert (said["service.version"], said["deployment.environment"]) == ("2", "prod")
    assert said["host.name"] == "seen"


def test_a_context_that_only_mentions_a_service_changes_nothing():
    assert of(METADATA, {"tags": {"service": {"name": "x"}}})[0] == "shop"
    assert of(METADATA, {"service": 7})[0] == "shop"


@pytest.mark.parametrize(
    "metadata", [b"", b"null", b"[]", b'{"service": 7}', b'{"service":' + b"[" * 100_000, b"\xff"]
)
def test_metadata_that_cannot_be_read_says_nothing(metadata):
    assert Processes().of(metadata, b"null") == Process(None, None)


def test_equal_texts_are_one_object_and_different_ones_are_not_mixed_up():
    known = Processes()
    one = known.of(json.dumps(METADATA).encode(), b"{}")
    assert known.of(json.dumps(METADATA).encode(), b'{"user": 1}') is one
    assert known.of(b'{"service": {"name": "b"}}', b"{}").service == "b"
    assert known.of(json.dumps(METADATA).encode(), b'{"service":{"name":"c"}}').service == "c"
    assert known.of(json.dumps(METADATA).encode(), b"{}") is one


def test_more_processes_than_are_remembered_are_still_told_apart(monkeypatch):
    monkeypatch.setattr(elastic_process, "_REMEMBERED", 2)
    known = Processes()
    for _ in range(2):
        for n in range(9):
            context = b'{"service":{"name":"s%d"}}' % n
            assert known.of(b"{}", context).service == f"s{n}"
    assert len(known._known) == 2


def test_nothing_known_is_no_resource():
    assert resource({}) is None
    assert resource({"a": None, "b": ""}) is None
    assert json.loads(resource({"a": 0, "b": False, "c": None})) == {"a": 0, "b": False}


@given(metadata=st.binary(max_size=50), context=st.binary(max_size=50))
def test_any_bytes_are_read(metadata, context):
    assert isinstance(Processes().of(metadata, b'"service"' + context), Process)
