"""The verbs of ``%perfkit``, typed into cells."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

import perfkit
from perfkit.errors import NotConnected, UsageError


@pytest.fixture
def n_plus_one(shell):
    shell.user_ns["rec"] = perfkit.sample("n_plus_one")
    return shell.user_ns["rec"]


def test_alone_it_says_what_there_is_and_what_to_do_next(cell):
    done = cell("%perfkit")
    assert done.value is None
    assert done.printed.splitlines() == [
        "connected: nothing (%perfkit connect NAME URL)",
        "loaded: nothing (rec = perfkit.load('postgresql.log'))",
        "next: %perfkit lab start, for a database to try",
    ]


def test_recordings_and_connections_are_listed_and_hidden_names_are_not(cell, shell, n_plus_one):
    shell.user_ns["_hidden"] = n_plus_one
    cell("%perfkit connect shop sqlite://")
    lines = cell("%perfkit status").printed.splitlines()
    rows = sum(table.num_rows for table in n_plus_one.contents.values())
    assert lines == [
        "connected:",
        "  shop",
        "loaded:",
        f"  rec: {rows:,} rows",
        "next: perfkit.diagnose(rec)",
    ]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("%perfkit conect x", "no verb 'conect'"),
        ("%perfkit connect", "needs a name and a database"),
        ("%perfkit connect shop", "needs a name and a database"),
        ("%perfkit 'connect", "No closing quotation"),
        ("%perfkit share", "needs a file"),
        ("%perfkit share report.html", "no result to share"),
        ("%perfkit lab restart", "no verb 'restart'"),
        ("%perfkit --scale big lab start", "'big' is not a number"),
        ("%perfkit --scale 99 lab start", "not between 0.001 and 20"),
        ("%perfkit --nope", "no option --nope"),
    ],
)
def test_a_mistake_is_one_sentence_with_a_hint_and_no_traceback(cell, line, said):
    done = cell(line)
    assert isinstance(done.error, UsageError)
    assert said in done.printed
    assert "hint:" in done.printed
    assert "Traceback" not in done.printed


def test_a_database_is_connected_by_url_by_quoted_conninfo_or_by_variable(cell, shell, tmp_path):
    shell.user_ns["mine"] = sa.create_engine("sqlite://")
    assert cell("%perfkit connect a mine").printed == "a: connected (sqlite)\n"
    url = f"sqlite:///{tmp_path / 'my shop.db'}"
    assert cell(f"%perfkit connect b '{url}'").printed == "b: connected (sqlite)\n"
    refused = cell("%perfkit connect c host=127.0.0.1 port=1 user=me")
    assert isinstance(refused.error, NotConnected)
    assert cell("%perfkit").printed.splitlines()[:3] == ["connected:", "  a", "  b"]
    shell.user_ns["mine"].dispose()


def test_the_verb_may_stand_in_the_body_of_a_cell(cell):
    assert cell("%%perfkit\nversion").printed == f"perfkit {perfkit.__version__}\n"


def test_config_shows_the_setting_and_how_to_change_it(cell):
    assert "tracebacks = False" in cell("%perfkit config").printed
    try:
        cell("%config Perfkit.tracebacks = True")
        assert "tracebacks = True" in cell("%perfkit config").printed
    finally:
        cell("%config Perfkit.tracebacks = False")


def test_results_are_shared_as_one_file_by_name_or_all_of_them(cell, shell, n_plus_one, tmp_path):
    shell.user_ns["one"] = perfkit.n_plus_one(n_plus_one)
    shell.user_ns["two"] = perfkit.digest(n_plus_one)
    shell.user_ns["number"] = 7
    file = tmp_path / "a report.html"
    assert f"{file}: 2 results" in cell(f"%perfkit share '{file}'").printed
    both = file.read_text()
    assert f"{file}: 1 results" in cell(f"%perfkit share '{file}' two number").printed
    assert shell.user_ns["one"].headline.partition(" sends")[0] in both
    assert len(file.read_text()) < len(both)


def test_a_name_that_holds_no_result_is_nothing_to_share(cell, tmp_path):
    done = cell(f"%perfkit share {tmp_path / 'x.html'} missing")
    assert isinstance(done.error, UsageError)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.lab
def test_the_lab_is_started_used_and_let_go(cell, shell, lab):
    started = cell("%perfkit --scale 0.02 lab start")
    assert started.error is None
    assert lab.url in started.printed
    assert shell.user_ns["lab"].url == lab.url
    assert "  lab" in cell("%perfkit").printed
    assert "running" in cell("%perfkit lab status").printed
    shell.run_line_magic("reload_ext", "perfkit")  # unloading lets the lab go
    assert "connected: nothing" in cell("%perfkit").printed
    assert perfkit.lab.status().clients == 1


def test_starting_the_lab_twice_keeps_one_hold(shell, monkeypatch):
    held = []

    class Hold:
        engine, url = None, "http://127.0.0.1:1"

        def __init__(self):
            held.append(self)

        def stop(self):
            held.remove(self)

    monkeypatch.setattr("perfkit.lab.start", lambda **_: Hold())
    for _ in range(2):
        shell.run_line_magic("perfkit", "lab start")
    assert len(held) == 1
    assert shell.user_ns["lab"] is held[0]
