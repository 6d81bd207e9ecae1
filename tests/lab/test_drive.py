"""The load driver, against the real shop."""

import asyncio
import signal
import subprocess
import sys
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

import perfkit.lab
from perfkit.errors import LabError, TargetRefused, UsageError
from perfkit.lab.drive import Load, _rotation, _schedule, check_target, drive
from perfkit.lab.shop.schema import Sizes
from perfkit.lab.shop.traffic import ROUTES


@pytest.fixture(scope="module")
def lab():
    with perfkit.lab.start(scale=0.02) as lab:
        yield lab


@pytest.mark.lab
def test_every_route_is_driven_and_nothing_fails(lab):
    summary = lab.drive(requests=70, concurrency=8)
    assert summary.requests == 70
    assert summary.failures == 0
    assert summary.by_route == dict.fromkeys(ROUTES, 10)


@pytest.mark.lab
def test_weights_decide_the_mix_exactly(lab):
    summary = lab.drive(requests=40, routes={"GET /users/{user_id}": 3, "GET /orders": 1})
    assert summary.by_route == {"GET /users/{user_id}": 30, "GET /orders": 10}


@pytest.mark.lab
def test_it_stops_by_itself_when_the_time_is_over(lab):
    started = time.monotonic()
    summary = lab.drive(requests=100_000, seconds=0.5, routes="GET /users/{user_id}")
    assert 0.4 < time.monotonic() - started < 5
    assert 0 < summary.requests < 100_000


@pytest.mark.lab
def test_the_rate_spreads_the_requests_over_time(lab):
    summary = lab.drive(requests=20, rate=40, routes="GET /users/{user_id}")
    assert 0.4 < summary.seconds < 3


@pytest.mark.lab
def test_it_runs_where_an_event_loop_runs_as_in_a_notebook(lab):
    async def cell():
        return lab.drive(requests=5, routes="GET /users/{user_id}")

    assert asyncio.run(cell()).requests == 5


@pytest.mark.lab
def test_ctrl_c_ends_a_long_load_at_once(lab):
    code = (
        "import sys; from perfkit.lab.drive import Load, drive\n"
        "print('go', flush=True)\n"
        "drive(sys.argv[1], Load(requests=100_000, seconds=60, concurrency=8))"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, lab.url],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout.readline() == "go\n"
        time.sleep(1.0)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=10)
    assert "KeyboardInterrupt" in errors
    assert process.returncode in {-signal.SIGINT, 1, 130}


def test_it_says_when_no_shop_answers():
    with pytest.raises(LabError, match=r"no demo shop answers at http://127\.0\.0\.1:9"):
        drive("http://127.0.0.1:9", Load(requests=1))
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("drive")]


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com",
        "http://10.0.0.1:8000",
        "http://127.0.0.1.example.com",
        "http://localhost@example.com/",
        "http://2130706433",
        "ftp://127.0.0.1",
        "file:///etc/passwd",
        "127.0.0.1:8000",
        "http://[::1",
        "",
    ],
)
def test_other_machines_and_other_protocols_are_refused(url):
    with pytest.raises(TargetRefused):
        drive(url)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1", "http://localhost:1", "http://[::1]:1", "https://127.9.9.9"]
)
def test_this_machine_is_accepted(url):
    check_target(url)


@given(st.ip_addresses(v=4).filter(lambda address: not address.is_loopback))
def test_no_address_but_a_loopback_one_is_accepted(address):
    with pytest.raises(TargetRefused):
        check_target(f"http://{address}:8000/")


@given(st.integers(0, 2**32))
def test_the_same_seed_sends_the_same_requests(seed):
    load = Load(requests=30, seed=seed)
    sizes = Sizes.at(0.1)
    first, second = (
        [order[1:] for order in _schedule(load, sizes, time.perf_counter())] for _ in range(2)
    )
    assert first == second
    assert len(first) == 30


@given(st.dictionaries(st.sampled_from(sorted(ROUTES)), st.integers(1, 9), min_size=1))
def test_the_rotation_follows_the_weights_in_every_round(weights):
    rotation = _rotation(weights)
    for _ in range(2):
        routes = [next(rotation) for _ in range(sum(weights.values()))]
        assert {route: routes.count(route) for route in weights} == weights


@pytest.mark.parametrize(
    "wrong",
    [
        {"requests": 0},
        {"requests": 10**9},
        {"seconds": float("inf")},
        {"seconds": float("nan")},
        {"concurrency": 1000},
        {"rate": -1.0},
        {"routes": {}},
        {"routes": {"GET /orders": 0}},
        {"routes": {"GET /orders": -1, "GET /report": 3}},
        {"routes": {"GET /nowhere": 1}},
    ],
)
def test_a_load_without_a_sensible_end_is_refused(wrong):
    with pytest.raises(UsageError, match="drive: "):
        Load(**wrong)
