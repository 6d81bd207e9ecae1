"""Statements are counted for the request that runs them, and for no other."""

from __future__ import annotations

import asyncio
import contextvars
import time

import pytest
import sqlalchemy as sa

from perfkit.lab.shop.telemetry.query_stats import QueryStats, current, observe


@pytest.fixture
def engine():
    engine = sa.create_engine(
        "sqlite://", poolclass=sa.StaticPool, connect_args={"check_same_thread": False}
    )

    @sa.event.listens_for(engine, "connect")
    def _pause(connection, _record):
        connection.create_function("pause", 1, lambda ms: time.sleep(ms / 1000))

    observe([engine])
    yield engine
    engine.dispose()


@pytest.fixture
def counted():
    """Run something as a request; return what was counted for it."""

    def run(work):
        stats = QueryStats()

        def request():
            current.set(stats)
            work()

        contextvars.copy_context().run(request)
        return stats

    return run


def ask(engine, *statements):
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(sa.text(statement))


def test_every_statement_counts_with_its_time(engine, counted):
    stats = counted(lambda: ask(engine, "select 1", "select pause(20)", "select 2"))
    assert stats.count == 3
    assert 20 <= stats.total_ms < 2000


def test_outside_of_a_request_nothing_is_counted(engine, counted):
    ask(engine, "select 1")
    assert counted(lambda: None) == QueryStats(0, 0.0)


def test_requests_at_the_same_time_are_counted_apart(engine):
    async def request(statements):
        stats = QueryStats()
        current.set(stats)
        for _ in range(statements):
            await asyncio.to_thread(ask, engine, "select 1")
        return stats.count

    async def both():
        return await asyncio.gather(request(3), request(5))

    assert asyncio.run(both()) == [3, 5]


def test_an_engine_that_is_not_observed_is_not_counted(counted):
    other = sa.create_engine("sqlite://")
    assert counted(lambda: ask(other, "select 1")).count == 0
    other.dispose()


def test_a_statement_that_fails_is_not_counted(engine, counted):
    def fail():
        with pytest.raises(sa.exc.OperationalError):
            ask(engine, "select nonsense from nowhere")

    assert counted(fail).count == 0
