"""The folder's own modules as the package ``one_truth``, and what every format makes of it."""

import sys
import types
from functools import cache
from pathlib import Path

import pytest

import perfkit

_package = types.ModuleType("one_truth")
_package.__path__ = [str(Path(__file__).parent)]
sys.modules["one_truth"] = _package


def _writers():
    from one_truth import write_datadog, write_elastic, write_events, write_otlp, write_zipkin

    return {
        "otlp lines": write_otlp.otlp_lines,
        "otlp document": write_otlp.otlp_document,
        "otlp base64": write_otlp.otlp_base64,
        "jaeger ui": write_otlp.jaeger_ui,
        "jaeger elasticsearch": write_otlp.jaeger_elasticsearch,
        "zipkin v2": write_zipkin.zipkin_v2,
        "zipkin v1": write_zipkin.zipkin_v1,
        "datadog": write_datadog.datadog_agent,
        "elastic": write_elastic.elastic_intake,
        "honeycomb": write_events.honeycomb_events,
        "new relic": write_events.newrelic_spans,
    }


FORMATS = tuple(_writers())


def pytest_generate_tests(metafunc):
    """Run a test that names ``form`` for every format."""
    if "form" in metafunc.fixturenames:
        metafunc.parametrize("form", FORMATS)


@pytest.fixture(scope="session")
def truth():
    """Return the shop's spans."""
    from one_truth.workloads import spans

    return spans()


@pytest.fixture(scope="session")
def loaded(truth, tmp_path_factory):
    """Return a reader of the shop's spans as a format has them; each is read once."""
    folder = tmp_path_factory.mktemp("one_truth")

    @cache
    def read(form):
        path = folder / f"{form.replace(' ', '-')}.json"
        path.write_bytes(_writers()[form](truth))
        return perfkit.load(path)

    return read
