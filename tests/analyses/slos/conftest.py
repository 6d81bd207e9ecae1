"""Requests, samples and courses out of a few numbers."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from perfkit.analyses.alerts.grid import SECOND, Grid
from perfkit.analyses.slos.course import Course
from perfkit.analyses.slos.measured import Measured
from perfkit.analyses.slos.seen import Sample
from perfkit.budget import objectives
from perfkit.recording import as_recording

START = 1_767_225_600 * SECOND  # 2026-01-01


def _objective(text):
    (found,) = objectives(text)
    return found


def _requests(ms, *, route="/orders", every_s=1.0, **more):
    """Return a table of requests, one ``every_s`` seconds."""
    count = len(ms)
    columns: dict[str, Any] = {
        "route": [route] * count if isinstance(route, str) else route,
        "duration_ms": np.asarray(ms, np.float64),
        **more,
    }
    if every_s and "started_at" not in more:
        at = START + (np.arange(count) * every_s * SECOND).astype(np.int64)
        columns["started_at"] = pa.array(at, pa.timestamp("ns", "UTC"))
    return as_recording(pa.table(columns), "requests").arrow("requests")


def _sample(ms, objective=None, *, over=None, weight=None):
    values = np.asarray(ms, np.float64)
    return Sample(
        place=np.arange(len(values)),
        ms=values,
        over=values >= objective.limit if over is None else np.asarray(over, np.bool_),
        weight=None if weight is None else np.asarray(weight, np.float64),
    )


def _measured(**known):
    nothing = dict.fromkeys((field.name for field in fields(Measured)), float("nan"))
    return Measured(**{**nothing, "worth": known.get("requests", 1.0), **known})


def _course(requests, over, *, allowed=0.05, seconds=60.0):
    return Course(
        grid=Grid(START, round(seconds * SECOND), len(requests)),
        requests=np.asarray(requests, np.float64),
        over=np.asarray(over, np.float64),
        allowed=allowed,
    )


@pytest.fixture(scope="session")
def start():
    return START


@pytest.fixture(scope="session")
def objective():
    return _objective


@pytest.fixture(scope="session")
def requests():
    return _requests


@pytest.fixture(scope="session")
def sample():
    return _sample


@pytest.fixture(scope="session")
def measures():
    return _measured


@pytest.fixture(scope="session")
def courses():
    return _course
