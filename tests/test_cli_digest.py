"""``perfkit digest``: its options, and the schema that docs/digest-json.md describes."""

import gzip
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).parent.parent / "docs" / "digest-json.md"
LOG = "".join(
    f"2026-01-01 00:00:{n % 60:02}.000 UTC [7] {'anna' if n % 4 else 'bert'}@shop LOG:"
    f"  duration: {n}.5 ms  statement: select a from t where b = {n}\n"
    for n in range(1, 41)
)


def perfkit(*arguments, cwd=None, stdin=None):
    return subprocess.run(
        [sys.executable, "-m", "perfkit.cli", *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        cwd=cwd,
        input=stdin,
    )


def answer(*arguments, cwd=None, stdin=None):
    done = perfkit("digest", *arguments, "--format", "json", cwd=cwd, stdin=stdin)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def documented(heading):
    """Return the names in the first column of the table under a heading of the document."""
    _, _, text = DOCS.read_text(encoding="utf-8").partition(heading)
    table = re.split(r"\n#+ ", text)[0]
    rows = re.findall(r"^\| (`.*?) \|", table, re.MULTILINE)
    return [name for row in rows for name in re.findall(r"`([a-z0-9_.]+)`", row)]


@pytest.fixture(scope="module")
def log(tmp_path_factory):
    path = tmp_path_factory.mktemp("logs") / "postgresql.log"
    path.write_text(LOG)
    return str(path)


def test_json_has_the_documented_names_and_no_others(log):
    document = answer(log)
    grouped = answer(log, "--group-by", "user,hour")
    assert document["schema"] == grouped["schema"] == "perfkit.digest/1"
    assert {*document, *grouped} == set(documented("# What"))
    assert set(document["totals"]) == set(documented("## `totals`"))
    assert set(grouped["totals"]) == set(documented("## `totals`")) - {"fingerprints"}
    (row,) = document["statements"]
    names = documented("## `statements`")
    assert set(row) == set(names)
    assert len(names) == len(set(names))
    of_groups = set(names) - {"fingerprint", "fingerprint_id"}
    assert set(grouped["groups"][0]) == of_groups | {"user", "hour"}
    assert list(grouped["groups"][0])[:2] == ["user", "hour"]


def test_json_holds_what_its_documentation_says(log):
    document = answer(log)
    (row,) = document["statements"]
    durations = [n + 0.5 for n in range(1, 41)]
    assert (row["fingerprint"], row["calls"]) == ("select a from t where b = ?", 40)
    assert row["total_ms"] == pytest.approx(sum(durations))
    assert row["max_ms"], row["min_ms"] == (40.5, 1.5)
    assert row["share"] == 1
    assert row["p95_low_ms"] is None  # 72 executions are needed
    assert row["p50_low_ms"] < row["p50_ms"] < row["p50_high_ms"]
    assert row["rows_returned"] is None
    assert (row["users"], row["top_users"]) == (2, "anna 75 %, bert 25 %")
    assert re.fullmatch(r"2026-01-01T00:00:\d\d(\.\d+)?\+00:00", row["last_seen"])
    totals = document["totals"]
    assert totals["statements"] == totals["lines"] == totals["calls"] == 40
    keys = {"rule", "severity", "title", "evidence", "saves_ms", "saves_basis", "saves_total_ms"}
    keys |= {"fix", "effort", "confidence", "reference", "keys"}
    others = [LOG.replace(" from t ", f" from {name} ") for name in "uv"]
    found = answer("-", stdin="".join([LOG * 6, *others]))["findings"]
    assert "dominant-statement" in {finding["rule"] for finding in found}
    for finding in found:
        assert set(finding) == keys
        assert set(finding["fix"]) == {"text", "snippet", "language"}
    told = DOCS.read_text(encoding="utf-8")
    assert all(f"`{name}`" in told for name in keys | {"text", "snippet", "language"})


def test_group_by_names_the_columns(log):
    anna, bert = answer(log, "--group-by", "user,database")["groups"]
    assert (anna["user"], anna["database"], anna["calls"]) == ("anna", "shop", 30)
    assert (bert["user"], bert["calls"]) == ("bert", 10)


@pytest.mark.parametrize(
    ("options", "calls"),
    [
        (["--user", "anna"], 30),
        (["--user", "nobody"], 0),
        (["--database", "shop", "--min-duration-ms", "31"], 10),
        (["--application", "psql"], 0),
        # a statement began its duration before its line was written
        (["--since", "2026-01-01 00:00:20"], 20),
        (["--since", "00:00:20", "--until", "00:00:30"], 10),
        (["--until", "1990-01-01"], 0),
        (["--zone", "Europe/Berlin", "--since", "2026-01-01 01:00:20"], 20),
        (["--prefix", "%m [%p] %u@%d "], 40),
        (["--input-format", "postgres-stderr"], 40),
    ],
)
def test_options_choose_the_rows(log, options, calls):
    assert answer(log, *options)["totals"]["calls"] == calls


def test_several_files_patterns_packed_ones_and_stdin(log, tmp_path):
    (tmp_path / "a.log").write_text(LOG)
    (tmp_path / "b.log.gz").write_bytes(gzip.compress(LOG.encode()))
    for arguments, calls in (
        (["a.log", "b.log.gz"], 80),
        (["*.log*"], 80),
        (["."], 80),
        (["-"], 40),
        (["-", "a.log"], 80),
    ):
        assert answer(*arguments, cwd=tmp_path, stdin=LOG)["totals"]["calls"] == calls


def test_a_damaged_file_is_read_as_far_as_it_goes_and_says_so(tmp_path):
    packed = gzip.compress((LOG * 50).encode())
    (tmp_path / "cut.log.gz").write_bytes(packed[: len(packed) // 2])
    document = answer("cut.log.gz", cwd=tmp_path)
    assert 0 < document["totals"]["calls"] < 2000
    assert any("what came before it was read" in caveat for caveat in document["caveats"])


@pytest.mark.parametrize(
    ("arguments", "sentence", "hint"),
    [
        (["a.log", "--group-by", "databse"], "no column 'databse'", "did you mean 'database'?"),
        (["a.log", "--group-by", ","], "no column is named", "user,database"),
        (["a.log", "--since", "yesterday"], "'yesterday' is not a time", "14:02"),
        (["a.log", "--zone", "Mars/Base"], "no zone 'Mars/Base'", "UTC"),
        (["a.log", "--min-duration-ms", "long"], "invalid float value: 'long'", "--help"),
        (["a.log", "--min-duration-ms", "nan"], "nan is no duration", "milliseconds"),
        (["a.log", "--min-duration-ms", "-5"], "-5.0 is no duration", "milliseconds"),
        (["a.log", "--format", "xml"], "invalid choice: 'xml'", "--help"),
        (["a.log", "--input-format", "postgers"], "no format 'postgers'", "postgres-stderr"),
        (["a.log", "--input-format", "mysql-slow"], "none of its 40 lines", "format"),
        (["a.log", "-o", "no/such/folder"], "cannot be written", "existing folder"),
        ([], "required: FILE", "--help"),
        (["missing.log"], "there is no such file", "check the path"),
        (["*.nope"], "no file matches", "check the pattern"),
        (["empty.log"], "is empty", "written completely"),
        (["prose.txt"], "none of the formats", "perfkit.load("),
        (["binary"], "is a binary file", "load logs"),
        (["-"], "is empty", "written completely"),
    ],
)
def test_a_mistake_is_a_sentence_a_hint_and_status_2(tmp_path, arguments, sentence, hint):
    (tmp_path / "a.log").write_text(LOG)
    (tmp_path / "empty.log").write_text("")
    (tmp_path / "prose.txt").write_text("to be or not to be\n" * 9)
    (tmp_path / "binary").write_bytes(bytes(range(256)) * 99)
    done = perfkit("digest", *arguments, cwd=tmp_path, stdin="")
    assert (done.returncode, done.stdout) == (2, "")
    first, second = done.stderr.splitlines()
    assert first.startswith("perfkit: ")
    assert sentence in first
    assert second.startswith("hint: ")
    assert hint in second


def test_text_is_for_people(log, tmp_path):
    done = perfkit("digest", log, "-o", str(tmp_path / "out.txt"))
    assert (done.returncode, done.stdout) == (0, "")
    text = (tmp_path / "out.txt").read_text(encoding="utf-8")
    assert text.startswith("Which statements take the time?\n100.0 % of 840 ms")
    assert "By user" in text


def test_html_holds_the_pictures_and_sections(log, tmp_path):
    page = tmp_path / "digest.html"
    assert perfkit("digest", log, "--format", "html", "-o", str(page)).returncode == 0
    html = page.read_text(encoding="utf-8")
    assert "By user</summary>" in html
    assert "updatemenus" in html


def test_of_large_logs_no_rows_are_kept_and_the_answer_is_the_same(log, monkeypatch, capsys):
    from perfkit import cli, cli_verbs

    few = answer(log, "--group-by", "user")
    monkeypatch.setattr(cli_verbs, "_LARGE", 100)
    assert cli.main(["digest", str(log), "--group-by", "user", "--format", "json"]) == 0
    many = json.loads(capsys.readouterr().out)
    assert many["totals"] == few["totals"]
    for one, other in zip(many["groups"], few["groups"], strict=True):
        assert (one["user"], one["calls"], one["total_ms"]) == (
            other["user"],
            other["calls"],
            pytest.approx(other["total_ms"]),
        )
        assert one["p50_ms"] == pytest.approx(other["p50_ms"], rel=0.01)
    assert any("within 1 %" in caveat for caveat in many["caveats"])
    assert cli.main(["digest", str(log), "--since", "00:00", "--format", "json"]) == 0
    assert not any("within 1 %" in text for text in json.loads(capsys.readouterr().out)["caveats"])
