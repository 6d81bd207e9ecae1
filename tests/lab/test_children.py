"""The supervisor's children: by name, one order each, gone with the lab."""

import sys

import pytest

from perfkit.errors import LabError
from perfkit.lab.children import Children, Order

READ = "import sys; print('up', flush=True); sys.stdin.read(); print('stdin closed', flush=True)"


@pytest.fixture
def children(tmp_path):
    children = Children(tmp_path)
    yield children
    children.kill_all()


def order(name="shop", code=READ, **env):
    return Order(name, [sys.executable, "-c", code], env)


def test_a_living_child_of_the_same_order_is_returned(children):
    first = children.spawn(order())
    assert children.spawn(order()) == first
    assert children.alive() == {"shop": first}


def test_a_child_of_another_order_replaces_it(children):
    first = children.spawn(order())
    second = children.spawn(order(SCALE="2"))
    assert second != first
    assert children.alive() == {"shop": second}


def test_a_dead_child_is_started_again(children, eventually):
    first = children.spawn(order(code="pass"))
    eventually(lambda: not children.alive())
    assert children.spawn(order(code="pass")) != first
    assert children.kill("shop") in {True, False}
    assert children.kill("shop") is False


def test_a_child_sees_its_stdin_close_and_its_output_is_kept(children, tmp_path, eventually):
    patient = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + READ
    children.spawn(order(code=patient))
    log = tmp_path / "shop.log"
    eventually(lambda: log.read_text() == "up\n")
    assert children.kill("shop")
    assert log.read_text() == "up\nstdin closed\n"


def test_the_environment_is_added(children, tmp_path, monkeypatch, eventually):
    monkeypatch.setenv("PERFKIT_FROM_US", "kept")
    show = "import os; print(os.environ['PERFKIT_FROM_US'], os.environ['SCALE'])"
    children.spawn(order(code=show, SCALE="0.5"))
    eventually(lambda: (tmp_path / "shop.log").read_text() == "kept 0.5\n")


@pytest.mark.parametrize("name", ["", "../shop", "a/b", "Shop", "x" * 40, "a\n"])
def test_a_name_that_is_no_plain_word_is_refused(children, name):
    with pytest.raises(LabError, match="no name for a child"):
        children.spawn(order(name))


@pytest.mark.parametrize(
    "argv", [[], ["/nonexistent/program"], ["a\0b"], [1], ["sh", None]], ids=repr
)
def test_what_cannot_be_started_is_one_sentence(children, argv):
    with pytest.raises(LabError, match="perfkit lab: shop: "):
        children.spawn(Order("shop", argv, {}))
