import json

import pytest

RULE = "cold-start"


def requests(traces_built, lengths, instance, **columns):
    rows = []
    for n, length in enumerate(lengths):
        trace = traces_built.Trace(f"{instance}-{n}", at_s=n * 3.0, service="shop")
        trace.span("work", length)
        trace.rows[0]["resource"] = json.dumps({"service.instance.id": instance})
        rows += trace.rows
    return rows


@pytest.mark.parametrize("flag", ["faas__coldstart", "cold_start"])
def test_functions_that_start_are_told(found, traces_built, told, flag):
    rows = requests(traces_built, [900.0 if n % 5 == 0 else 20.0 for n in range(30)], "f")
    for row in rows:
        if row["parent_id"] is None:
            row["attributes"] = told(**{flag: "true" if row["duration_ms"] > 800 else "false"})
    (one,) = found(RULE, rows)
    assert "6 requests that start an instance take 901 ms, others" in one.title
    assert one.saves_times == 6
    assert one.confidence == "high"


def test_first_requests_of_instances_are_told(found, traces_built):
    rows = [
        row
        for name in "abcd"
        for row in requests(traces_built, [700.0, *(20.0 + n for n in range(8))], name)
    ]
    (one,) = found(RULE, rows)
    assert "4 first requests of instances take" in one.title
    assert one.saves_basis == "per cold start"


@pytest.mark.parametrize("first", [[25.0, 25.0, 25.0, 25.0], [700.0, 25.0, 25.0, 25.0]])
def test_first_requests_like_any_other_are_fine(found, traces_built, first):
    rows = [
        row
        for name, length in zip("abcd", first, strict=True)
        for row in requests(traces_built, [length, *(20.0 + n for n in range(8))], name)
    ]
    assert not found(RULE, rows)


def test_two_instances_say_nothing(found, traces_built):
    rows = [
        row
        for name in "ab"
        for row in requests(traces_built, [700.0, *(20.0 + n for n in range(8))], name)
    ]
    assert not found(RULE, rows)
