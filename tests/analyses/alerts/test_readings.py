from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from perfkit import tables
from perfkit.analyses.alerts.grid import SECOND, Grid
from perfkit.analyses.alerts.readings import Readings

GRID = Grid(0, 10 * SECOND, 30)


def readings(*rows):
    """Rows of ``(second, host, name, value)``."""
    return Readings(
        tables.from_columns(
            "metrics",
            {
                "at": pa.array([int(r[0] * SECOND) for r in rows], pa.timestamp("ns", "UTC")),
                "host": [r[1] for r in rows],
                "name": [r[2] for r in rows],
                "value": [r[3] for r in rows],
            },
        )
    )


def every(name, values, host="web", step=15):
    return [(i * step, host, name, v) for i, v in enumerate(values)]


def test_canonical_names_are_found_and_hosts_averaged():
    found = readings(
        *every("cpu.utilisation", [0.2] * 21),
        *every("cpu.utilisation", [0.6] * 21, "db"),
        *every("memory.utilisation", [0.5] * 21),
        *every("memory.used", [1e9] * 21),
        *every("cpu.cores", [4.0] * 21),
    )
    assert found.cpu(GRID) == pytest.approx(np.full(30, 0.4))
    assert found.memory(GRID) == pytest.approx(np.full(30, 0.5))
    assert found.cores == 4.0


def test_idle_counters_of_the_node_exporter_become_use():
    rows = [
        row
        for cpu in "01"
        for row in every(
            f'node_cpu_seconds_total{{cpu="{cpu}",mode="idle"}}', [i * 15 * 0.7 for i in range(21)]
        )
    ]
    rows += every('node_cpu_seconds_total{cpu="0",mode="user"}', range(21))
    found = readings(*rows)
    assert np.nanmedian(found.cpu(GRID)) == pytest.approx(0.3)
    assert found.cores == 2.0


def test_a_counter_of_seconds_needs_the_cores_and_survives_a_restart():
    used = [i * 15 * 1.0 for i in range(10)] + [i * 15 * 1.0 for i in range(11)]
    counter = every("process_cpu_seconds_total", used)
    assert readings(*counter).cpu(GRID) is None
    found = readings(*counter, *every("machine_cpu_cores", [4.0] * 21))
    assert np.nanmin(found.cpu(GRID)) == pytest.approx(0.25)


def test_resident_memory_stands_in_bytes():
    found = readings(*every('process_resident_memory_bytes{job="web"}', [2e8] * 21))
    assert np.nanmedian(found.memory(GRID)) == pytest.approx(2e8)


def test_where_no_reading_is_near_it_is_unknown():
    found = readings(*every("cpu.utilisation", [0.5] * 5)).cpu(GRID)
    assert found[:6] == pytest.approx(np.full(6, 0.5))
    assert np.isnan(found[-10:]).all()


def test_hosts_that_differ_have_no_one_number_of_cores():
    assert readings((0, "a", "cpu.cores", 2.0), (0, "b", "cpu.cores", 8.0)).cores is None
    assert readings().cores is None
    assert readings().cpu(GRID) is None
    assert readings((0, "a", "load.1m", 2.0)).memory(GRID) is None
