"""Labels of Loki and fields of Elasticsearch, as names of streams."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perfkit.ingest.envelopes.services.labels import of_document, of_labels, parsed_labels


@pytest.mark.parametrize(
    ("labels", "name"),
    [
        ({"pod": "web-1", "container": "app", "job": "j", "app": "shop"}, "web-1/app"),
        ({"app": "shop", "job": "j"}, "shop"),
        ({"instance": "h"}, "h"),
        ({"host": "db", "service": "db"}, "db"),
        ({"level": "info"}, ""),
        ({"pod": "", "app": "shop"}, "shop"),
        ({"pod": 5, "app": ["x"]}, ""),
        ({}, ""),
        (None, ""),
        ("text", ""),
    ],
)
def test_the_pod_and_the_most_telling_label_name_a_stream(labels, name):
    assert of_labels(labels) == name


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"kubernetes": {"pod": {"name": "w"}, "container": {"name": "a"}}}, "w/a"),
        ({"kubernetes": {"pod_name": "w", "container_name": "a"}}, "w/a"),
        ({"host": {"name": "h"}, "service": {"name": "s"}}, "h/s"),
        ({"host.name": "h", "service": "s"}, "h/s"),
        ({"host": "h", "source": "/var/log/x"}, "h//var/log/x"),
        ({"log": {"file": {"path": "/x"}}}, "/x"),
        ({"log": "text", "host": 5}, ""),
        ([], ""),
    ],
)
def test_documents_name_host_and_service(fields, name):
    assert of_document(fields) == name


_KEY = st.from_regex(r"[a-z_][a-z0-9_]{0,5}", fullmatch=True)
_VALUE = st.text('ab=,{} é"\\', max_size=6)


@settings(max_examples=80, deadline=None)
@given(labels=st.dictionaries(_KEY, _VALUE, max_size=4), between=st.sampled_from([",", ", "]))
def test_labels_are_found_whatever_their_values_hold(labels, between):
    quoted = {key: json.dumps(value, ensure_ascii=False) for key, value in labels.items()}
    text = "{" + between.join(f"{key}={value}" for key, value in quoted.items()) + "}"
    found = parsed_labels(text.encode())
    assert found == {key: value[1:-1] for key, value in quoted.items()}


@pytest.mark.parametrize("text", [b"", b"{}", b'{app="never ended', b"{app=web}", b"\xff"])
def test_what_are_no_labels_are_none(text):
    assert parsed_labels(text) == {}
