"""What a finding about the tail says: in numbers of the requests, without claiming a cause."""

import ast

import numpy as np
import pyarrow as pa
import pytest

from perfkit.analyses.tails import associations
from perfkit.analyses.tails.associations import Association
from perfkit.analyses.tails.features import Feature
from perfkit.analyses.tails.findings import finding


def association(seen, feature, **changed):
    (found,) = associations.tested(seen, [feature])
    return Association(**(vars(found) | {"q_value": 1e-9} | changed))


def flag(count, name="host.name", kind="attribute", value="b"):
    return Feature(name=name, value=value, kind=kind, has=np.arange(100) < count)


@pytest.fixture
def requests(seen):
    return seen(np.array([210.0 + n for n in range(25)] + [10.0] * 75), np.arange(100) < 25)


def test_the_saving_is_what_requests_with_it_would_be_slow_less_often(requests):
    found = finding(requests, association(requests, flag(30)))
    assert requests.longer_ms == pytest.approx(212)
    assert found.saves_ms == pytest.approx((25 / 30 - 0) * 212)
    assert found.saves_times == 30
    assert "without it none is slow" in found.title
    assert found.title.startswith("100.0 % of the slowest 10 % of /a have host.name = b, 6.7 % of")


def test_how_much_more_often_is_told_where_others_are_slow_too(requests):
    found = finding(requests, association(requests, flag(20)))
    assert "16.0 times as often" in found.title  # 20 of 20 against 5 of 80
    assert found.confidence == "medium"


@pytest.mark.parametrize("changed", [{"q_value": 0.002}, {"slow_has": 19}])
def test_what_may_be_chance_is_of_low_confidence(requests, changed):
    assert finding(requests, association(requests, flag(30), **changed)).confidence == "low"


def test_what_explains_most_slow_requests_is_a_warning(requests):
    assert finding(requests, association(requests, flag(25))).severity == "warning"
    assert finding(requests, association(requests, flag(5))).severity == "info"


def test_the_evidence_are_the_slowest_requests_that_have_it(requests):
    found = finding(requests, association(requests, flag(10)))
    assert [row["trace_id"] for row in found.evidence] == ["t9", "t8", "t7"]
    assert found.evidence[0] == {"trace_id": "t9", "duration_ms": 219.0, "host.name": "b"}
    assert found.keys["trace_id"] == "t9"


@pytest.mark.parametrize(
    ("name", "kind", "advice"),
    [
        ("k8s.pod.name", "attribute", "out of rotation"),
        ("service.version", "attribute", "Roll it back"),
        ("tenant", "attribute", "with it and without it"),
        ("shop: ask", "structure", "a trace that makes the call"),
        ("started", "period", "deploys, jobs, load"),
    ],
)
def test_the_advice_is_that_of_its_kind_and_claims_no_cause(requests, name, kind, advice):
    fix = finding(requests, association(requests, flag(30, name, kind))).fix
    assert advice in fix.text
    assert "does not say that one causes the other" in fix.text


def test_a_number_is_told_by_its_medians(requests):
    size = np.r_[np.arange(1025.0, 1050), np.arange(75.0)]
    feature = Feature(name="items", value=None, kind="number", has=size >= 0, numbers=size)
    found = finding(requests, association(requests, feature))
    assert "items is 1,037 in the slowest 10 %" in found.title
    assert "(median) and 37 in the rest" in found.title
    assert found.evidence[0]["items"] == 1049


def test_the_snippet_is_python_whatever_ids_and_routes_say(seen):
    evil = '"); import os; os.system("x") #\n\\'
    table = pa.table({"trace_id": [evil] * 100})
    requests = seen(
        np.array([210.0] * 25 + [10.0] * 75), np.arange(100) < 25, table=table, route=evil
    )
    fix = finding(requests, association(requests, flag(30))).fix
    calls = ast.parse(fix.snippet).body
    assert len(calls) == 2
    assert [ast.literal_eval(call.value.args[1]) for call in calls[:1]] == [evil]
    assert ast.literal_eval(calls[1].value.keywords[0].value) == evil


def test_without_traces_there_is_still_a_way_to_look(seen):
    requests = seen(
        np.array([210.0] * 25 + [10.0] * 75), np.arange(100) < 25, table=pa.table({"x": [0] * 100})
    )
    found = finding(requests, association(requests, flag(30)))
    assert "trace_id" not in found.keys
    assert found.fix.snippet.count("\n") == 0


def test_an_unknown_interval_is_not_told(requests):
    one = association(requests, flag(30), low=float("nan"), high=float("nan"))
    assert "longer" not in finding(requests, one).title
    assert "longer" in finding(requests, association(requests, flag(30), low=5.0, high=9.0)).title
