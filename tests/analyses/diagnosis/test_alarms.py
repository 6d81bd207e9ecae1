"""What the alert rules add to a diagnosis: failures, and the rest where nothing explains it."""

from __future__ import annotations

import pytest

import perfkit
from perfkit.analyses.diagnosis.alarms import findings
from perfkit.recording import Recording


@pytest.fixture(scope="module")
def web_server():
    return perfkit.sample("web_server")


def test_failures_are_told_whatever_explains_the_slowness(web_server):
    rules = {finding.rule for finding in findings(web_server, explained=True)}
    assert rules == {"error-rate"}


def test_without_a_cause_all_that_the_rules_see_is_told(web_server):
    rules = {finding.rule for finding in findings(web_server, explained=False)}
    assert rules == {"error-rate", "internal-slowdown"}


def test_no_time_is_counted_again(web_server):
    assert {finding.saves_total_ms for finding in findings(web_server, explained=False)} == {0.0}


def test_a_healthy_recording_raises_nothing():
    assert findings(perfkit.sample("healthy"), explained=False) == []


def test_nothing_is_asked_of_a_recording_without_requests():
    assert findings(Recording(), explained=False) == []


def test_a_diagnosis_of_an_access_log_names_the_failures(web_server):
    rules = [finding.rule for finding in perfkit.diagnose(web_server).findings]
    assert "error-rate" in rules
