"""What is not allowed is refused before a method has begun, and what a sample cannot say."""

import contextlib
from dataclasses import replace
from types import SimpleNamespace

import pytest

from perfkit.errors import TargetRefused
from perfkit.probes.server import Server
from perfkit.tasks.proofs import attempt as module
from perfkit.tasks.proofs.verdict import Figures

PLAIN = Server(version="18.1", number=180001, standby=False, database="d", local=True, lab=False)


@pytest.fixture
def begun(monkeypatch):
    """Return a function: try a method on a server; and the list of methods that were begun."""
    methods, transactions = [], []

    @contextlib.contextmanager
    def rolled_back(_where, _engine, *, timeout_s, read_only):
        transactions.append((timeout_s, read_only))
        yield None

    def way(name):
        def run(*_arguments):
            methods.append(name)
            raise LookupError(name)

        return run

    monkeypatch.setattr(module, "rolled_back", rolled_back)
    monkeypatch.setattr(module, "ask", lambda *_arguments: None)
    monkeypatch.setattr(module, "_WAYS", {n: way(n) for n in ("hypopg", "sample", "built")})

    def attempt(method, server, **options):
        monkeypatch.setattr(module, "identify", lambda _connection: server)
        known = {"methods": None, "expendable": False, "sample": False, "timeout_s": 3.0}
        allowed = module.Allowed(engine=None, updates=(), **(known | options))
        module.attempt(allowed, None, None, method)

    attempt.methods, attempt.transactions = methods, transactions
    return attempt


@pytest.mark.parametrize("method", ["sample", "built"])
@pytest.mark.parametrize(
    ("server", "options"),
    [(PLAIN, {}), (replace(PLAIN, standby=True), {"expendable": True, "sample": True})],
)
def test_nothing_is_written_where_nobody_allowed_it(begun, method, server, options):
    with pytest.raises(TargetRefused, match=method):
        begun(method, server, **options)
    assert begun.methods == []


def test_leave_to_sample_is_none_to_build(begun):
    with pytest.raises(LookupError, match="sample"):
        begun("sample", PLAIN, sample=True)
    with pytest.raises(TargetRefused, match="built"):
        begun("built", PLAIN, sample=True)
    assert begun.methods == ["sample"]


@pytest.mark.parametrize(
    ("method", "read_only"), [("hypopg", True), ("sample", False), ("built", False)]
)
def test_a_hypothetical_index_is_tried_read_only(begun, method, read_only):
    with pytest.raises(LookupError):
        begun(method, PLAIN, expendable=True)
    assert begun.transactions == [(3.0, read_only)]


@pytest.mark.parametrize(
    ("share", "after", "used", "verdict"),
    [
        (0.1, 10.0, True, "helps"),
        (0.1, 95.0, True, "not proven"),
        (0.1, 10.0, False, "not proven"),
        (1.0, 95.0, True, "tie"),
        (None, 95.0, True, "tie"),
        (0.0, 10.0, False, "not used"),
        (None, 10.0, False, "not used"),
    ],
)
def test_a_sample_proves_only_that_an_index_helps(share, after, used, verdict):
    compared = SimpleNamespace(used=used, share=share)
    got, notes = module._weighed(compared, Figures(100.0), Figures(after))
    assert got == verdict
    assert bool(notes) is (verdict == "not proven")
    if notes:
        assert "10 times as large" in notes[0]


def test_what_was_only_planned_is_said_where_it_could_have_run():
    said = SimpleNamespace(not_run="the statement writes")
    (sentence,) = module._planned_only(said, "built")
    assert "the statement writes" in sentence
    assert module._planned_only(said, "hypopg") == ()
    assert module._planned_only(SimpleNamespace(not_run=""), "built") == ()
