import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.probes.pool_ledger import Ledger
from perfkit.probes.pool_use import Use


def use():
    return Use("main", in_task=False)


def test_a_use_goes_from_waiting_to_held_to_finished():
    ledger, one = Ledger(), use()
    ledger.asked(one)
    assert list(ledger.waiting.values()) == [one]
    ledger.got(one, 1)
    assert (ledger.waiting, ledger.held, ledger.requests) == ({}, {1: one}, 1)
    assert ledger.returning(1) is one
    ledger.end(one)
    assert (ledger.held, list(ledger.finished), list(ledger.undelivered)) == ({}, [one], [one])
    assert ledger.wait_ns == one.wait_ns
    assert ledger.hold_ns == one.hold_ns > 0


def test_a_time_out_is_a_row_and_another_error_is_not():
    ledger, late, broken = Ledger(), use(), use()
    for one, timed_out in ((late, True), (broken, False)):
        ledger.asked(one)
        ledger.refused(one, timed_out=timed_out)
    assert list(ledger.finished) == [late]
    assert (ledger.requests, ledger.timeouts, ledger.waiting) == (2, 1, {})
    assert ledger.hold_ns == 0
    assert ledger.wait_ns == late.wait_ns + broken.wait_ns


def test_a_connection_the_watch_did_not_lend_is_no_use():
    ledger = Ledger()
    assert ledger.returning(99) is None
    assert ledger.ended == 0


def test_one_connection_lent_several_times_is_held_by_the_first():
    ledger, first, second = Ledger(), use(), use()
    ledger.got(first, 1)
    ledger.got(second, 1)
    assert ledger.returning(1) is first
    assert ledger.returning(1) is None


def test_what_is_still_held_at_the_end_is_kept_as_unfinished():
    ledger = Ledger()
    for record in range(3):
        ledger.got(use(), record)
    ledger.end_all()
    assert ledger.held == {}
    assert [one.released for one in ledger.finished] == [None] * 3
    assert (ledger.ended, ledger.hold_ns) == (3, 0)


def test_the_newest_rows_are_kept_and_the_lost_ones_counted(monkeypatch):
    monkeypatch.setattr("perfkit.probes.pool_ledger.KEPT_ROWS", 2)
    ledger, uses = Ledger(), [use() for _ in range(5)]
    for one in uses:
        ledger.end(one)
    assert list(ledger.finished) == uses[3:]
    assert ledger.lost == 3
    assert ledger.ended == 5


def test_delivered_rows_are_not_lost():
    ledger = Ledger()
    ledger.end(use())
    ledger.undelivered.clear()
    assert ledger.lost == 0


@given(st.lists(st.sampled_from(["got", "timeout", "error", "abandon"]), max_size=30))
def test_every_request_is_somewhere_exactly_once(fates):
    ledger = Ledger()
    for record, fate in enumerate(fates):
        one = use()
        ledger.asked(one)
        if fate == "got":
            ledger.got(one, record)
        elif fate != "abandon":
            ledger.refused(one, timed_out=fate == "timeout")
    assert len(ledger.waiting) == fates.count("abandon")
    assert len(ledger.held) == fates.count("got")
    assert len(ledger.finished) == ledger.timeouts == fates.count("timeout")
    assert ledger.requests == len(fates) - fates.count("abandon")


def test_sums_are_right_when_many_threads_write():
    ledger = Ledger()

    def work(base):
        for n in range(300):
            one = use()
            ledger.asked(one)
            ledger.got(one, base + n)
            ledger.end(ledger.returning(base + n))

    threads = [threading.Thread(target=work, args=(n * 1000,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert (ledger.requests, ledger.ended) == (1200, 1200)
    assert ledger.hold_ns == pytest.approx(sum(one.hold_ns for one in ledger.finished), abs=0)
