"""Labels of Prometheus: host, name and unit."""

import pytest

from perfkit.formats.metrics.series import series


@pytest.mark.parametrize(
    ("labels", "host"),
    [
        ({"instance": "a:9100", "job": "node"}, "a:9100"),
        ({"instance": "10.0.0.1:10250", "pod": "shop-1", "node": "n1"}, "shop-1"),
        ({"node": "n1"}, "n1"),
        ({"host": "web"}, "web"),
        ({"instance": "", "host": "web"}, "web"),
        ({"job": "shop"}, None),
    ],
)
def test_the_host_is_the_most_exact_label(labels, host):
    assert series({"__name__": "up", **labels}).host == host


def test_other_labels_stay_in_the_name():
    labels = {"__name__": "node_cpu_seconds_total", "cpu": "0", "mode": "idle", "instance": "a"}
    assert series(labels).name == 'node_cpu_seconds_total{cpu="0",mode="idle"}'


@pytest.mark.parametrize(
    ("name", "ours", "unit"),
    [
        ("node_load1", "load.1m", "1"),
        ("node_load15", "load.15m", "1"),
        ("instance:node_cpu_utilisation:rate5m", "cpu.utilisation", "1"),
        ("instance:node_memory_utilisation:ratio", "memory.utilisation", "1"),
        ("instance:node_num_cpu:sum", "cpu.cores", "1"),
        ("memory.used", "memory.used", "bytes"),
    ],
)
def test_gauges_with_a_name_of_ours_get_it(name, ours, unit):
    found = series({"__name__": name, "instance": "a", "job": "node"})
    assert (found.name, found.unit) == (ours, unit)


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("process_cpu_seconds_total", "s"),
        ("process_resident_memory_bytes", "bytes"),
        ("http_requests_total", "1"),
        ("cache_hit_ratio", "1"),
        ("queue_depth", None),
        ("node_load10", None),
    ],
)
def test_units_follow_the_naming_rules(name, unit):
    assert (series({"__name__": name}).name, series({"__name__": name}).unit) == (name, unit)


def test_expressions_have_no_name():
    found = series({"instance": "a", "job": "node"})
    assert (found.name, found.named) == ('expression{job="node"}', False)
