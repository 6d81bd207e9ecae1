"""asyncio's debug mode, run here."""

import asyncio
import io
import logging
import time

import pytest

from perfkit.formats.model import Chunk
from perfkit.formats.requests.asyncio_debug import FORMAT


@pytest.fixture
def log():
    stream, logger = io.StringIO(), logging.getLogger("asyncio")
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logger.addHandler(handler)

    async def blocks():
        asyncio.get_running_loop().slow_callback_duration = 0.02
        time.sleep(0.05)  # noqa: ASYNC251 - that is the fault

    asyncio.run(blocks(), debug=True)
    logger.removeHandler(handler)
    return stream.getvalue().encode() + b"other line\n"


def test_a_callback_that_blocks_is_an_event(log):
    assert FORMAT.recognises(log).confidence >= 0.7
    result = FORMAT.parse(Chunk.whole(log))
    (event,) = result.tables["events"].to_pylist()
    assert (event["kind"], event["line"]) == (
        "blocked_loop",
        log[: log.find(b"took")].count(b"\n") + 1,
    )
    assert 50 <= event["duration_ms"] < 1000
    assert "blocks() done" in event["message"]
    assert event["at"] is not None
    assert result.used == 1
    assert "threshold" in {note.kind for note in result.notes}


def test_the_real_file_has_a_task_and_a_handle(real):
    data = real("orm/asyncio_debug.log")
    events = FORMAT.parse(Chunk.whole(data)).tables["events"]
    assert events["duration_ms"].to_pylist() == [139.0, 123.0]


@pytest.mark.parametrize("line", [b"Executing plan took 0.5 seconds\n", b"asyncio\n", b""])
def test_other_logs_are_not_claimed(line):
    assert FORMAT.recognises(line).confidence == 0.0
