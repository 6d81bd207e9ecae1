"""The pool's log, fed by the real watch over a real pool."""

import io
import json
import time
from datetime import datetime

from sqlalchemy import create_engine, text
from sqlalchemy.pool import QueuePool

from perfkit.lab.shop.telemetry.journal import journal
from perfkit.lab.shop.telemetry.pool_log import pool_logger
from perfkit.probes.pool_watch import watch_pool


def test_uses_and_changes_are_logged_and_an_idle_pool_is_not():
    engine = create_engine("sqlite://", poolclass=QueuePool, pool_size=1)
    stream = io.StringIO()
    write = pool_logger(journal(stream))
    with watch_pool(engine, name="demo", on_event=write, sample_every=0.01):
        with engine.connect() as connection:
            connection.execute(text("select 1"))
            time.sleep(0.05)
        time.sleep(0.3)
    engine.dispose()
    rows = [json.loads(line) for line in stream.getvalue().splitlines()]
    (checkout,) = [row for row in rows if row["event"] == "checkout"]
    samples = [row for row in rows if row["event"] == "pool_sample"]
    assert checkout["hold_ms"] >= 50
    times = [datetime.fromisoformat(checkout[f"{what}_at"]) for what in ("requested", "released")]
    assert times[0].utcoffset().total_seconds() == 0
    assert (times[1] - times[0]).total_seconds() >= 0.05
    assert 1 <= len(samples) <= 5
    assert {row["pool"] for row in rows} == {"demo"}
