"""The figure of a diagnosis: a part per cause, told apart by number and pattern."""

import pyarrow as pa

from perfkit.results import Result


def diagnosed(causes):
    names = [f"rule-{n}" for n in range(1, causes + 1)]
    rows = [(f"/r{n % 3}", n, 1000.0 * n) for n in range(causes + 1)]
    columns = [list(column) for column in zip(*rows, strict=True)]
    return Result(
        analysis="diagnose",
        question="Why?",
        headline="Because",
        arrow=pa.table({"rule": names, "route": ["/orders"] * causes}),
        noun="chains",
        series={"routes": pa.table(columns, names=["route", "cause", "ms"])},
    ).figure


def test_the_parts_carry_the_number_that_legend_and_findings_have():
    parts = diagnosed(3).data
    assert [part.name.split(".")[0] for part in parts] == ["1", "2", "3", "not explained"]
    assert [set(part.text) for part in parts] == [{"1"}, {"2"}, {"3"}, {""}]
    assert len({part.marker.pattern.shape for part in parts}) == 4


def test_smaller_causes_share_a_part_without_a_number():
    parts = diagnosed(9).data
    assert parts[5].name == "4 smaller causes"
    assert set(parts[5].text) == {""}
    assert sum(parts[5].x) == 6 + 7 + 8 + 9
    assert sum(sum(part.x) for part in parts) == 45
