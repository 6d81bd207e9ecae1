"""The report blocks the loop only with the fault."""

from __future__ import annotations

import asyncio
import time
from types import SimpleNamespace

import pytest

from perfkit.lab.shop.faults import Faults
from perfkit.lab.shop.routes.report import render, report
from perfkit.lab.shop.state import Settings, Shop
from perfkit.lab.shop.work import Work

RENDER_S = 0.08


async def longest_pause(faults):
    """Return the answer and the longest time in which the loop did nothing else."""
    shop = Shop(Settings("postgresql+psycopg://x@127.0.0.1:1/x", {}))
    shop.faults = Faults(faults)
    pauses, done = [], asyncio.Event()

    async def beat():
        while not done.is_set():
            before = time.perf_counter()
            await asyncio.sleep(0.005)
            pauses.append(time.perf_counter() - before)

    beating = asyncio.create_task(beat())
    await asyncio.sleep(0.01)
    answer = await report(shop)
    done.set()
    await beating
    await shop.close()
    return answer, max(pauses)


@pytest.mark.parametrize(("faults", "blocks"), [((), False), (("blocking_call",), True)])
def test_others_are_served_meanwhile_unless_the_fault_is_on(faults, blocks):
    answer, pause = asyncio.run(longest_pause(faults))
    assert answer == {"report": "a very fine picture"}
    assert (pause >= RENDER_S) is blocks


def test_drawing_takes_as_long_as_its_library_does():
    shop = SimpleNamespace(work=Work())
    started = time.perf_counter()
    render(shop)
    assert time.perf_counter() - started >= RENDER_S
