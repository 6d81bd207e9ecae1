"""What a notebook holds, and how it lets go."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

import perfkit
from perfkit.errors import UsageError
from perfkit.magics.state import Session


class Held:
    """A lab that counts how often it is let go."""

    stopped = 0

    def stop(self):
        """Count."""
        self.stopped += 1


@pytest.fixture(scope="module")
def result():
    return perfkit.digest(perfkit.sample("healthy"))


def test_a_result_is_kept_under_its_name_and_handed_on(result):
    session = Session(namespace={})
    assert session.keep("kept", result) is result
    assert session.namespace == {"kept": result}


def test_without_a_name_nothing_is_kept(result):
    session = Session(namespace={})
    assert session.keep("", result) is result
    assert session.namespace == {}


def test_a_lab_is_let_go_once_with_its_connection_and_others_stay():
    engine = sa.create_engine("sqlite://")
    lab = Held()
    session = Session(namespace={}, lab=lab)
    session.connections.engines.update(lab=engine, prod=engine)
    session.release()
    session.release()
    assert lab.stopped == 1
    assert set(session.connections.engines) == {"prod"}
    assert session.lab is None
    engine.dispose()


def test_a_connection_called_lab_stays_when_no_lab_is_held():
    engine = sa.create_engine("sqlite://")
    session = Session(namespace={})
    session.connections.engines["lab"] = engine
    session.release()
    assert set(session.connections.engines) == {"lab"}
    engine.dispose()


def test_two_notebooks_share_no_connections():
    engine = sa.create_engine("sqlite://")
    one, other = Session(namespace={}), Session(namespace={})
    one.connections.connect("x", engine)
    assert other.connections.engines == {}
    engine.dispose()


def test_a_plan_to_compare_with_is_saved_or_a_variable_and_what_was_saved_wins():
    saved, text = object(), "Seq Scan on t"
    session = Session(namespace={"a": text, "b": text, "n": 3}, saved={"a": saved})
    assert session.plan("a") is saved
    assert session.plan("b") == text
    with pytest.raises(UsageError, match="it holds no plan"):
        session.plan("n")
    with pytest.raises(UsageError, match="neither saved nor a variable") as caught:
        session.plan("c")
    assert "saved so far: a" in caught.value.hint
