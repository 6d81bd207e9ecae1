"""The log of a real MariaDB against what the server and pt-query-digest say of the same run."""

import collections
import importlib.util
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from perfkit.fingerprint import fingerprint
from perfkit.formats.logs import mysql_general, mysql_slow, mysql_slow_table
from perfkit.formats.model import Chunk
from perfkit.formats.registry import formats
from perfkit.formats.statements import performance_schema

STATEMENTS = [
    "create database shop",
    "create database `odd name;x`",
    "create table shop.t(id int auto_increment primary key, a int, b varchar(50))",
    r"""insert into shop.t(a,b) values(1,'it''s'),(2,'back\\slash \' q'),(3,"double ""q"" 'x'")""",
    "insert into shop.t(a,b) values(4,'x')",
    "select * from shop.t where b = 'a;b' or b = \"c;\n# Time: 990101 1:1:1\nline\" /* ; */",
    "select /* why */ 1,\n# a comment\n# User@Host: fake[fake] @ fake []\n 2",
    "insert into shop.t(a,b) values ('1x','fails\nhere')",
    "select * from shop.nope",
    "selec",
    "insert ignore into shop.t(a,b) values ('a\nb''c',repeat('x',60))",
    "call shop.p()",
    "select * from shop.t a, shop.t b order by a.b, b.b",
    "select distinct b, count(*) from shop.t group by b order by 2",
    "select `a`, `b` from `shop`.`t` where `b` like '%x%' and a in (1,2,3,4)",
    "select a, b from shop.t where a in (1,2,3)",
    "select a, b from shop.t where a in (7)",
    "update shop.t set a = -5, b = 'z' where id = 1 limit 10",
    "select t.a from shop.t t join shop.t u on u.id = t.id where t.a > 1.5e3",
    "select sleep(0.3)",
    "select 'äöü', 0xff, null, true",
    "flush slow logs",
    "select 'the end'",
]
PREPARED = "prepare s from 'select * from shop.t where a in (?,?)'; execute s using 1,2"
PROCEDURE = "create procedure shop.p() select count(*) from shop.t"


def load_server():
    path = Path(__file__).parents[3] / "benchmarks" / "mariadb_server.py"
    spec = importlib.util.spec_from_file_location("mariadb_server", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Run the statements on a server of our own; return its files and answers by name."""
    module = load_server()
    if module.missing():
        reason = f"not installed: {', '.join(module.missing())}"
        pytest.fail(reason) if os.environ.get("CI") == "true" else pytest.skip(reason)
    folder = tmp_path_factory.mktemp("m")
    options = [
        *("--log-output=FILE,TABLE", "--general-log=1", "--performance-schema=1"),
        "--log-slow-verbosity=query_plan,innodb,explain,engine,warnings,full",
    ]
    digests = "select * from performance_schema.events_statements_summary_by_digest"
    with module.running(folder, *options) as server:
        server.sql(
            "\n".join(f"{text}$$" for text in [PROCEDURE, *STATEMENTS]), "--delimiter=$$", "-c"
        )
        server.sql(PREPARED)
        return {
            "table": server.sql("select * from mysql.slow_log", "-B").encode(),
            "digests": server.sql(digests, "-B").encode(),
            "views": server.sql("select * from sys.x$statement_analysis", "-B").encode(),
            "slow_log.CSV": (folder / "data/mysql/slow_log.CSV").read_bytes(),
            "general": server.general_log.read_bytes(),
            "slow": server.slow_log.read_bytes(),
        }


def rows(item, data, table="queries"):
    result = item.FORMAT.parse(Chunk.whole(data))
    assert (result.rejected, result.rejected_lines) == ((), 0)
    return result.tables[table].to_pylist()


def test_every_statement_is_a_row_with_the_text_that_was_sent(run):
    found = [row["statement"] for row in rows(mysql_slow, run["slow"])]
    assert [text for text in found if text in STATEMENTS] == STATEMENTS


@pytest.mark.parametrize("name", ["table", "slow_log.CSV"])
def test_the_log_agrees_with_the_table_that_the_server_wrote_beside_it(run, name):
    names = ("statement", "duration_ms", "lock_ms", "rows_returned", "rows_examined", "user")
    names += ("client", "session_id", "database", "system", "fingerprint_id")
    logged, stored = rows(mysql_slow, run["slow"]), rows(mysql_slow_table, run[name])
    assert len(stored) > len(STATEMENTS)
    for one, other in zip(logged, stored, strict=False):
        assert {n: one[n] for n in names} == {n: other[n] for n in names}
        assert one["started_at"] == other["started_at"].replace(microsecond=0, nanosecond=0)


def test_errors_and_plans_are_what_the_server_warned_and_explained(run):
    found = rows(mysql_slow, run["slow"])

    def row(begin):
        return next(row for row in found if row["statement"].startswith(begin))

    failed = row("insert into shop.t(a,b) values ('1x'")
    assert failed["error"].startswith("1265 Data truncated for column 'a'")
    assert row("insert into shop.t(a,b) values(4")["error"] is None
    assert b"# explain: 1\tSIMPLE\tt\tALL" in row("select a, b")["attributes"]
    assert b"# Full_scan: Yes" in row("select a, b")["attributes"]


def test_each_file_of_the_run_is_recognised_by_one_format(run):
    wanted = {"table": "mysql-slow-table", "slow_log.CSV": "mysql-slow-table", "slow": "mysql-slow"}
    wanted |= {"general": "mysql-general", "digests": "mysql-digests", "views": "mysql-digests"}
    for name, expected in wanted.items():
        sure = {item.name: item.recognises(run[name][:65536]).confidence for item in formats()}
        assert sure.pop(expected) >= 0.9
        assert max(sure.values()) < 0.4


def test_the_general_log_says_that_it_has_no_durations(run):
    result = mysql_general.FORMAT.parse(Chunk.whole(run["general"]))
    assert (result.lines, result.used) == (run["general"].count(b"\n"), 0)
    assert "slow_query_log=ON" in result.missing


@pytest.mark.parametrize("name", ["digests", "views"])
def test_digests_count_and_time_the_statements_of_the_log_under_their_fingerprints(run, name):
    totals = rows(performance_schema, run[name], "statement_totals")
    by_id = collections.defaultdict(lambda: [0, 0.0])
    for row in totals:
        by_id[row["fingerprint_id"]][0] += row["calls"]
        by_id[row["fingerprint_id"]][1] += row["total_ms"]
    logged = collections.defaultdict(lambda: [0, 0.0])
    for row in rows(mysql_slow, run["slow"]):
        logged[row["fingerprint"], row["fingerprint_id"]][0] += 1
        logged[row["fingerprint"], row["fingerprint_id"]][1] += row["duration_ms"]
    apart = {text for text, known in logged if known not in by_id}
    # Quoted names, DDL that is spelled otherwise, lists of unknown length, PREPARE and EXECUTE.
    unknown = r"`|^create |^insert ignore|^prepare|^select \?, \?|^selec$|_schema|slow_log|sys\."
    unknown += r"|^select \* from shop.t where a in \(\?\)$"
    assert [text for text in apart if not re.search(unknown, text)] == []
    for (text, known), (calls, ms) in logged.items():
        if known in by_id and not text.startswith("call"):  # a digest counts what it calls as well
            assert by_id[known][0] == calls, text
        if text == "select sleep(?)":
            assert by_id[known][1] == pytest.approx(ms, rel=0.3)


def digest_of(data, folder):
    """Count and time per fingerprint by pt-query-digest, folded as ours are."""
    path = folder / "slow.log"
    path.write_bytes(data)
    command = ["pt-query-digest", "--limit", "100%", "--no-version-check", "--output", "json"]
    done = subprocess.run([*command, str(path)], capture_output=True, check=True, timeout=60)
    result = collections.defaultdict(lambda: [0, 0.0])
    for item in json.loads(done.stdout)["classes"]:
        counted = result[folded(item["fingerprint"].replace("(?+)", "(?)"))]
        counted[0] += item["query_count"]
        counted[1] += float(item["metrics"]["Query_time"]["sum"])
    return result


def ours(data):
    result = collections.defaultdict(lambda: [0, 0.0])
    for row in rows(mysql_slow, data):
        counted = result[folded(row["statement"])]
        counted[0] += 1
        counted[1] += row["duration_ms"] / 1000
    return result


def folded(text):
    """Fold further where pt-query-digest folds by rules that are known to be coarser or wrong.

    It folds digits in names, takes ``limit 5, 10`` for ``limit 5``, drops a plus before a name,
    lists of VALUES, and makes many marks of one string with '' and \\'.
    """
    text = re.sub(r"[0-9]+", "?", fingerprint(text, "mysql"))
    text = re.sub(r"\bvalues ?\(.*", "values", text).replace("limit ?, ?", "limit ?")
    return re.sub(r"\?(?: \?)+", "?", text.replace("? + ", "? "))


def needs_pt():
    if shutil.which("pt-query-digest") is None:
        pytest.skip("pt-query-digest is not installed")


def test_a_real_log_counts_and_times_as_pt_query_digest_does(real, tmp_path):
    needs_pt()
    data = real("logs/mariadb_slow_start.log.gz")
    theirs, found = digest_of(data, tmp_path), ours(data)
    assert {k: v[0] for k, v in found.items()} == {k: v[0] for k, v in theirs.items()}
    assert sum(v[0] for v in found.values()) == 563
    for text, (_, seconds) in found.items():
        assert seconds == pytest.approx(theirs[text][1], abs=1e-5)


def test_what_pt_query_digest_counts_otherwise_is_what_it_reads_wrongly(run, tmp_path):
    needs_pt()
    theirs, found = digest_of(run["slow"], tmp_path), ours(run["slow"])
    lost = {text for text, (count, _) in found.items() if theirs[text][0] < count}
    assert lost == {
        "insert ignore into shop.t(a, b) values",  # a line end within a warning ends its header
        "call shop.p()",  # the arguments of a procedure are dropped
        "select ?, ?, ?, ?",  # what the server writes when it opens the log belongs to its text,
        "flush slow logs",  # and so does the statement behind it
    }
    assert sum(v[0] for v in found.values()) - sum(v[0] for v in theirs.values()) == 1
    gained = [text for text, (count, _) in theirs.items() if text not in found and count]
    assert len(gained) == 3


def test_the_real_log_of_another_server_adds_up(real, accounts, parsed):
    data = real("logs/mariadb_slow_start.log.gz")
    accounts(parsed(mysql_slow.FORMAT, data), data.count(b"\n"))
