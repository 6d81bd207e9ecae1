"""The garbage collector is off within, and afterwards as it was."""

import gc

import pytest

from perfkit.formats.traces.uncollected import uncollected


@pytest.fixture(autouse=True)
def as_before():
    was = gc.isenabled()
    yield
    if was:
        gc.enable()
    else:
        gc.disable()


def test_it_is_off_within_and_on_again_afterwards():
    gc.enable()
    with uncollected():
        assert not gc.isenabled()
    assert gc.isenabled()


def test_what_was_off_stays_off():
    gc.disable()
    with uncollected():
        pass
    assert not gc.isenabled()


def test_an_inner_one_does_not_turn_it_on():
    gc.enable()
    with uncollected():
        with uncollected():
            pass
        assert not gc.isenabled()
    assert gc.isenabled()


def test_an_error_leaves_it_as_it_was():
    gc.enable()
    with pytest.raises(KeyError), uncollected():
        raise KeyError("x")
    assert gc.isenabled()
