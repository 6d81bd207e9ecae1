"""An audit that is cut short leaves the server and the pooled connection as they were."""

import os
import signal
import threading
import time

import pytest

from perfkit.errors import QueryFailed
from perfkit.tasks.index_audit import index_audit


def waiting(engine):
    with engine.connect() as connection:
        return connection.exec_driver_sql(
            "select count(*) from pg_stat_activity where datname = current_database() "
            "and pid <> pg_backend_pid() and state <> 'idle'"
        ).scalar_one()


def test_a_time_out_leaves_the_connection_clean(audited):
    engine = audited()
    with pytest.raises(QueryFailed):
        index_audit(engine, timeout_s=0.001)
    assert waiting(engine) == 0
    assert index_audit(engine).totals["indexes"] == 3


def test_an_interrupt_stops_the_server_and_leaves_the_connection_clean(audited, monkeypatch):
    engine = audited()
    monkeypatch.setattr("perfkit.tasks.audit.survey._STANDBYS", "select 1 from pg_sleep(20)")
    timer = threading.Timer(1.0, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        index_audit(engine)
    timer.join()
    assert time.monotonic() - began < 10
    for _ in range(50):
        if waiting(engine) == 0:
            break
        time.sleep(0.1)
    assert waiting(engine) == 0
    monkeypatch.undo()
    assert index_audit(engine).totals["indexes"] == 3
