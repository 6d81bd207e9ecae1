"""The watch over the event loop, on real loops."""

import asyncio
import time

import pytest

from perfkit.lab.shop.telemetry.loop_watch import LoopWatch, stack_of


def watched(work):
    """Run ``work`` on a watched loop; return what was reported."""
    seen = []

    async def run():
        watch = LoopWatch(lambda *block: seen.append(block))
        watch.start()
        await asyncio.sleep(0.05)
        await work()
        await asyncio.sleep(0.1)
        watch.stop()

    asyncio.run(run())
    return seen


async def sleepy_handler():
    time.sleep(0.15)  # noqa: ASYNC251 - this is what must be noticed


async def busy_handler():
    end = time.perf_counter() + 0.15
    while time.perf_counter() < end:
        sum(range(1000))


@pytest.mark.parametrize("handler", [sleepy_handler, busy_handler])
def test_a_blocked_loop_is_reported_with_its_length_and_its_cause(handler):
    ((duration_ms, stack, route),) = watched(handler)
    assert 140 < duration_ms < 300
    assert f":{handler.__name__}:" in stack
    assert route is None


def test_waiting_without_blocking_is_not_reported():
    async def work():
        await asyncio.gather(asyncio.sleep(0.2), asyncio.to_thread(time.sleep, 0.2))

    assert watched(work) == []


def test_a_short_block_is_not_reported():
    async def work():
        time.sleep(0.02)  # noqa: ASYNC251 - too short to be felt

    assert watched(work) == []


def test_two_blocks_are_two_reports():
    async def work():
        await sleepy_handler()
        await asyncio.sleep(0.05)
        await busy_handler()

    first, second = watched(work)
    assert ":sleepy_handler:" in first[1]
    assert ":busy_handler:" in second[1]


def test_without_any_frame_the_stack_is_empty():
    assert stack_of(None) == ""


def test_the_route_of_the_request_that_blocks_is_named():
    class Route:
        path = "/report"

    async def serve(scope):
        await sleepy_handler()
        return scope

    ((_, _, route),) = watched(lambda: serve({"route": Route()}))
    assert route == "/report"
