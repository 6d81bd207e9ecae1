"""``perfkit plan-history``: from a log of auto_explain to the plan that flipped."""

from __future__ import annotations

import json

import pytest

from perfkit.cli import main

INDEX = "Index Scan using orders_user_id_idx on orders"
SEQ = "Seq Scan on orders"


def entry(second, node, ms):
    at = f"2026-03-01 10:{second // 60:02}:{second % 60:02}.000 UTC"
    return (
        f"{at} [7] anna@shop LOG:  duration: {ms:.3f} ms  plan:\n"
        f"\tQuery Text: select * from orders where user_id = {second}\n"
        f"\t{node}  (cost=0.00..92.00 rows=50 width=8)"
        f" (actual time=0.010..{ms - 0.1:.3f} rows=30 loops=1)\n"
    )


@pytest.fixture
def log(tmp_path):
    path = tmp_path / "postgresql.log"
    before = [entry(n, INDEX, 10 + n % 7 / 10) for n in range(40)]
    after = [entry(n, SEQ, 180 + n % 9) for n in range(40, 80)]
    path.write_text("".join(before + after))
    return str(path)


def test_a_flip_is_told_and_fails_a_build_that_asks_for_it(log, capsys):
    assert main(["plan-history", log]) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "another plan since 10:00:40" in text
    assert f"{INDEX} -> {SEQ}" in text
    assert main(["plan-history", log, "--fail-on", "warning"]) == 1
    assert main(["plan-history", log, "--until", "10:00:39", "--fail-on", "info"]) == 0


def test_json_and_html_say_the_same(log, tmp_path, capsys):
    assert main(["plan-history", log, "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["schema"] == "perfkit.plan_history/1"
    assert {row["shape"] for row in found["shapes"]} == {SEQ, INDEX}
    assert [finding["rule"] for finding in found["findings"]] == ["plan-flip"]
    page = tmp_path / "page.html"
    assert main(["plan-history", log, "--format", "html", "-o", str(page)]) == 0
    assert "another plan since 10:00:40" in page.read_text()
    assert "Plotly.newPlot" in page.read_text()


def test_a_log_without_plans_is_an_answer_and_a_missing_file_is_not(tmp_path, capsys):
    path = tmp_path / "postgresql.log"
    path.write_text(
        "2026-03-01 10:00:00.000 UTC [7] anna@shop LOG:  duration: 7.5 ms  statement: select 1\n"
        * 9
    )
    assert main(["plan-history", str(path)]) == 0
    assert "There are no plans in what was read" in capsys.readouterr().out
    assert main(["plan-history", str(tmp_path / "no.log")]) == 2
    assert "there is no such file" in capsys.readouterr().err
