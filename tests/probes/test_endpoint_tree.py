import asyncio
import time

import pytest

from perfkit.probes import endpoint_tree


def busy(seconds):
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        pass


async def computes():
    busy(0.03)


async def mostly_waits():
    await asyncio.sleep(0.1)
    busy(0.03)


async def in_thread():
    await asyncio.get_running_loop().run_in_executor(None, busy, 0.03)


def sampled(call, times=1):
    async def main():
        loop = asyncio.get_running_loop()
        before = loop.run_in_executor
        tree = await endpoint_tree.sample(call, loop, times)
        assert loop.run_in_executor == before
        return tree

    return asyncio.run(main())


@pytest.mark.parametrize("call", [computes, mostly_waits])
def test_the_hot_spot_is_the_applications_frame_that_runs_not_the_one_that_waits(call):
    spot = sampled(call).hot_spot
    assert spot.startswith("tests/probes/test_endpoint_tree.py:busy:")


def test_the_tree_says_how_many_requests_it_adds_up():
    tree = sampled(computes, times=3)
    assert tree.text.startswith("3 requests together, under pyinstrument:\n")
    assert "busy" in tree.text
    assert "In worker threads" not in tree.text


def test_what_worker_threads_do_has_a_tree_of_its_own():
    first, threads = sampled(in_thread, times=2).text.split("In worker threads:")
    assert "busy" in threads
    assert "busy" not in first


def test_an_error_of_the_call_is_raised_and_nothing_stays_wrapped():
    async def main():
        loop = asyncio.get_running_loop()

        async def fails():
            raise LookupError("mine")

        with pytest.raises(LookupError, match="mine"):
            await endpoint_tree.sample(fails, loop, 2)
        assert "run_in_executor" not in vars(loop)
        return await endpoint_tree.sample(computes, loop, 1)  # the profiler was stopped

    assert asyncio.run(main()).hot_spot
