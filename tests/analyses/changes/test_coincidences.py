import pytest

from perfkit.analyses.changes.coincidences import coinciding, happened
from perfkit.recording import Recording

SECOND = 10**9


@pytest.fixture
def known(built):
    def make(*events, span=3600):
        rows = [{"at": at * SECOND, "kind": kind, "message": text} for at, kind, text in events]
        return happened(built(events=rows), span * SECOND)

    return make


def told(known, at, low, high):
    return [text for _, text, _ in coinciding(known, at * SECOND, low * SECOND, high * SECOND)]


def test_a_deploy_shortly_before_is_named_with_its_distance(known):
    said = told(known((1000, "deploy", "deploy 841")), 1120, 1060, 1150)
    assert said == ["2 min 0 s after deploy 841"]


def test_what_happened_long_before_or_later_is_not(known):
    assert not told(known((10, "deploy", "a"), (1300, "deploy", "b")), 1120, 1060, 1150)


def test_deploys_come_first_and_rare_kinds_next(known):
    events = [(1100, "checkpoint", None), (1090, "deploy", "841"), (1095, "worker_restart", None)]
    said = told(known(*events, (10, "checkpoint", None)), 1120, 1100, 1130)
    assert [text.split(" after ")[1] for text in said] == [
        "deploy (841)",
        "worker restart",
        "checkpoint",
    ]


def test_what_happens_all_the_time_coincides_with_everything_and_is_not_named(known):
    assert not told(known(*[(at, "connection", None) for at in range(0, 3600, 10)]), 100, 90, 110)


def test_hostile_messages_are_made_visible(known):
    (said,) = told(known((1000, "deploy", "x\x1b[31m\n" * 50)), 1001, 1000, 1002)
    assert "\x1b" not in said
    assert len(said) < 120


def test_without_events_nothing_happened():
    assert not coinciding(happened(Recording(), 10), 1, 0, 2)
