"""Jobs and consumers that work through units, and health checks."""

from __future__ import annotations

import pytest

from perfkit.analyses.repeats.find import repeats
from perfkit.analyses.repeats.from_spans import Tree, calls_of


@pytest.fixture(scope="session")
def left(table, traces_built):
    """Return what repeats in one trace that runs these statements 12 times."""

    def of(statements, **options):
        def write(trace, n):
            for _ in range(12):
                for statement in statements:
                    trace.sql(statement)

        rows = traces_built.several(write, 1, **options)
        return [one.target.text for one in repeats(calls_of(Tree(table("spans", rows))))]

    return of


READ, WRITE = "SELECT a FROM b WHERE c = $1", "UPDATE b SET a = 1 WHERE c = $1"


@pytest.mark.parametrize("kind", ["internal", "consumer"])
def test_a_job_that_writes_for_every_unit_may_read_for_it(left, kind):
    assert left([READ, WRITE], kind=kind) == []
    assert left([READ, "COMMIT"], kind=kind) == []
    assert left([READ], kind=kind) == ["select a from b where c = ?"]


def test_a_job_that_reads_far_more_often_than_it_writes_repeats(left):
    assert left([READ] * 3 + [WRITE], kind="internal") == ["select a from b where c = ?"]


def test_a_request_is_no_job(left):
    assert len(left([READ, WRITE])) == 2


@pytest.mark.parametrize(
    "route", ["/health", "/healthz", "GET /livez", "/api/v2/readyz", "/actuator/health/liveness"]
)
def test_a_health_check_asks_what_it_has_to(left, route):
    assert left([READ], route=route) == []


@pytest.mark.parametrize("route", ["/health-insurance", "/orders/status", "/upload", "/pingpong"])
def test_what_only_sounds_like_one_is_none(left, route):
    assert len(left([READ], route=route)) == 1
