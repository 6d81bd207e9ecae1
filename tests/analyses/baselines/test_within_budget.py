import pyarrow as pa
import pytest

from perfkit.analyses.baselines.within_budget import sentence, with_budget
from perfkit.budget import parse

NAN = float("nan")
BUDGET = parse("p95<200ms")


def table(*rows):
    names = ("route", "max_ms", "p95_ms", "p95_low_ms", "p95_high_ms")
    return pa.table({name: [row[at] for row in rows] for at, name in enumerate(names)})


MET = ("/met", 190.0, 150.0, 140.0, 199.0)
BROKEN = ("/broken", 300.0, 250.0, 200.0, 280.0)
UNSURE = ("/unsure", 300.0, 201.0, 150.0, 280.0)
FEW = ("/few", 900.0, 800.0, NAN, NAN)


def test_a_route_is_judged_by_the_interval_of_its_p95():
    found = with_budget(table(MET, BROKEN, UNSURE, FEW), BUDGET)
    assert found["budget"].to_pylist() == ["met", "broken", "unsure", "too few requests"]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ((MET, BROKEN, FEW), "broken by 1 of 3 routes: /broken"),
        ((MET,), "is met: stop, there is no prize for the next 10 ms"),
        ((MET, FEW), "is met where there are enough requests (1 of 2 routes): stop"),
        ((MET, UNSURE), "no route surely breaks p95 < 200 ms; 1 may"),
        ((FEW,), "no route has enough requests"),
    ],
)
def test_the_sentence_says_who_breaks_it_or_that_nothing_is_left_to_win(rows, said):
    assert said in sentence(with_budget(table(*rows), BUDGET), BUDGET)


def test_a_few_of_many_are_named():
    many = [(f"/r{n}", *BROKEN[1:]) for n in range(9)]
    assert sentence(with_budget(table(*many), BUDGET), BUDGET).endswith("/r0, /r1, /r2 and 6 more")


def test_a_percentile_that_a_tool_states_is_taken_at_its_word():
    stated = pa.table({"route": ["/a", "/b", "/c"], "p95_ms": [100.0, 300.0, NAN]})
    found = with_budget(stated, BUDGET)
    assert found["budget"].to_pylist() == ["met", "broken", "too few requests"]
