"""A recording with two routes: one becomes slow at half time."""

from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest

from perfkit.recording import as_recording

START = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
HOSTILE = "/<script>alert(1)</script>\x1b[31m"


@pytest.fixture
def rec():
    at = [START + timedelta(seconds=n / 2) for n in range(400)]
    return as_recording(
        pa.table(
            {
                "started_at": pa.array(at, pa.timestamp("ns", "UTC")),
                "duration_ms": [
                    (500.0 if n >= 200 else 50.0) + n % 7 if n % 2 else 3.0 for n in range(400)
                ],
                "route": [HOSTILE if n % 2 else "/health" for n in range(400)],
            }
        ),
        "requests",
    )


@pytest.fixture
def hostile():
    """The name of the slow route."""
    return HOSTILE


@pytest.fixture
def half():
    """When it becomes slow."""
    return START + timedelta(seconds=100)
