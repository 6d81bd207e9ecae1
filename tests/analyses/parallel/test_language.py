"""The language of a service is read off its spans."""

from __future__ import annotations

import json

import numpy as np
import pytest

from perfkit.analyses.parallel.language import language

TOLD = {
    "python": [{"telemetry.sdk.language": "python"}, {"process.runtime.name": "CPython"}],
    "javascript": [{"telemetry.sdk.language": "nodejs"}, {"jaeger.version": "Node-3.18.1"}],
    "java": [{"telemetry.sdk.language": "java"}, {"process.runtime.name": "OpenJDK Runtime"}],
    "go": [{"telemetry.sdk.language": "go"}, {"jaeger.version": "Go-2.30.0"}],
    "csharp": [{"telemetry.sdk.language": "dotnet"}, {"service.language.name": "C#"}],
    None: [{}, {"telemetry.sdk.language": "erlang"}, {"language": 7}],
}


@pytest.mark.parametrize(("name", "told"), [(n, one) for n, all_ in TOLD.items() for one in all_])
def test_resources_and_attributes_tell_it(forest, name, told):
    for place in ("resource", "told"):
        value = json.dumps(told) if place == "resource" else told
        found = forest(lambda request, n, p=place, v=value: request.span(5.0, **{p: v}), 1)
        assert language(found, np.array([1])) == name


def test_datadog_keeps_it_among_its_tags(forest):
    found = forest(
        lambda request, n: request.span(5.0, told={"meta": {"language": "javascript"}}), 1
    )
    assert language(found, np.array([1])) == "javascript"
