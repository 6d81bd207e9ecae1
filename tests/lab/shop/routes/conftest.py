"""A small lab and a client of its shop, held for one module."""

import httpx
import pytest

import perfkit.lab


@pytest.fixture(scope="module")
def lab():
    with perfkit.lab.start(scale=0.02) as lab:
        yield lab


@pytest.fixture(scope="module")
def client(lab):
    # a connection kept open may be closed by the server just when it is used again
    limits = httpx.Limits(max_keepalive_connections=0)
    with httpx.Client(base_url=lab.url, trust_env=False, timeout=30, limits=limits) as client:
        yield client
