"""``perfkit explain``: a pasted plan, two plans, a statement on a server."""

from __future__ import annotations

import io
import json

import pytest

from perfkit.cli import main

SLOW = """
Limit  (cost=0.00..5.00 rows=20 width=8) (actual time=0.1..98.2 rows=20 loops=1)
  ->  Seq Scan on orders  (cost=0.00..12325.00 rows=26 width=8) (actual time=0.1..98.0 rows=20 loops=1)
        Filter: (user_id = 42)
        Rows Removed by Filter: 500000
Execution Time: 98.3 ms
"""  # noqa: E501 - as the server prints it
QUICK = """
Limit  (cost=0.00..5.00 rows=20 width=8) (actual time=0.01..0.2 rows=20 loops=1)
  ->  Index Scan using oi on orders  (cost=0.00..82.00 rows=26 width=8) (actual time=0.01..0.19 rows=20 loops=1)
        Index Cond: (user_id = 42)
Execution Time: 0.3 ms
"""  # noqa: E501 - as the server prints it


@pytest.fixture
def files(tmp_path):
    for name, text in {"slow.txt": SLOW, "quick.txt": QUICK, "no.txt": "hello"}.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def test_a_plan_is_read_and_fails_a_build_that_asks_for_it(files, capsys):
    assert main(["explain", str(files / "slow.txt")]) == 0
    text = capsys.readouterr().out
    assert "99.7 % of it in Seq Scan on orders" in text
    assert main(["explain", str(files / "slow.txt"), "--fail-on", "critical"]) == 1
    assert main(["explain", str(files / "quick.txt"), "--fail-on", "info"]) == 0


def test_json_and_html_say_the_same(files, capsys):
    assert main(["explain", str(files / "slow.txt"), "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["schema"] == "perfkit.explain/1"
    assert [row["node_type"] for row in found["nodes"]] == ["Limit", "Seq Scan"]
    page = files / "page.html"
    assert main(["explain", str(files / "slow.txt"), "--format", "html", "-o", str(page)]) == 0
    assert "Seq Scan on orders" in page.read_text()


def test_a_plan_may_come_from_a_pipe(monkeypatch, capsys):
    stdin = type("Stdin", (), {"buffer": io.BytesIO(SLOW.encode())})
    monkeypatch.setattr("sys.stdin", stdin)
    assert main(["explain", "-"]) == 0
    assert "It took 98.3 ms" in capsys.readouterr().out


def test_two_plans_are_compared_under_their_files_names(files, capsys):
    assert main(["explain", str(files / "quick.txt"), "--compare", str(files / "slow.txt")]) == 0
    text = capsys.readouterr().out
    assert "What differs between the plans of slow.txt and quick.txt?" in text
    assert "Seq Scan -> Index Scan using oi" in text


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere.txt"], "nowhere.txt: No such file"),
        (["no.txt"], "no plan in the text"),
        (["slow.txt", "--analyze"], "--analyze needs a server"),
        (["slow.txt", "-p", "a=1"], "-p needs a server"),
        (["slow.txt", "--what-if", "x"], "--what-if needs a server"),
        (["slow.txt", "--db", "nonsense"], "the URL is not understood"),
        (["no.txt", "--db", "postgresql://u:sekrit@127.0.0.1:1/x"], "HELLO has no plan"),
        (["slow.txt", "--db", "sqlite://", "--analyze", "--no-analyze"], "exclude each other"),
        (["slow.txt", "--db", "sqlite://", "-p", "a"], "has no '='"),
        (["slow.txt", "--compare", "no.txt"], "no plan in the text"),
    ],
)
def test_a_mistake_is_one_sentence_without_a_password_and_status_2(
    files, monkeypatch, capsys, arguments, said
):
    monkeypatch.chdir(files)
    assert main(["explain", *arguments]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert "sekrit" not in error
    assert "Traceback" not in error


def test_a_statement_without_a_server_is_told_how_to_name_one(tmp_path, capsys):
    (tmp_path / "q.sql").write_text("select 1")
    assert main(["explain", str(tmp_path / "q.sql")]) == 2
    said = capsys.readouterr().err
    assert "this is a statement, not a plan" in said
    assert "--db postgresql://" in said


@pytest.mark.lab
def test_a_statement_is_explained_on_a_server(tmp_path, capsys):
    import perfkit.lab

    query = tmp_path / "query.sql"
    query.write_text("select count(*) from orders where user_id = :user")
    with perfkit.lab.start(scale=0.02) as lab:
        url = lab.engine.url.render_as_string(hide_password=False)
        where = ["explain", "--db", url, str(query)]
        assert main([*where, "-p", "user=7", "--format", "json"]) == 0
        found = json.loads(capsys.readouterr().out)
        assert found["totals"]["executed"] is True
        assert main([*where]) == 2
        assert "hint: -p user=VALUE" in capsys.readouterr().err
        query.write_text("delete from order_items")
        assert main([*where, "--compare", str(query)]) == 2  # no plan in it
        capsys.readouterr()
        assert main(where) == 0
        said = " ".join(capsys.readouterr().out.split())
        assert "--analyze-writes executes it and rolls back" in said
