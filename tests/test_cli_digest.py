"""``perfkit digest``: the schema that docs/digest-json.md describes."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).parent.parent / "docs" / "digest-json.md"
LOG = "".join(
    f"2026-01-01 00:00:{n % 60:02}.000 UTC [7] anna@shop LOG:  duration: {n}.5 ms  statement:"
    f" select a from t where b = {n}\n"
    for n in range(1, 41)
)


def perfkit(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "perfkit.cli", *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture(scope="module")
def log(tmp_path_factory):
    path = tmp_path_factory.mktemp("logs") / "postgresql.log"
    path.write_text(LOG)
    return str(path)


def test_json_is_as_its_documentation_says(log):
    document = json.loads(perfkit("digest", log, "--format", "json").stdout)
    assert document["schema"] == "perfkit.digest/1"
    (row,) = document["statements"]
    assert (row["fingerprint"], row["calls"]) == ("select a from t where b = ?", 40)
    assert row["total_ms"] == pytest.approx(sum(n + 0.5 for n in range(1, 41)))
    assert document["totals"]["statements"] == document["totals"]["lines"] == 40
    told = set(re.findall(r"`([a-z0-9_]+)`", DOCS.read_text(encoding="utf-8")))
    stems = {re.sub(r"(_low|_high|_per_call)", "", name) for name in row}
    for name in {*document, *document["totals"], *row, *stems} - {"groups"}:
        stem = re.sub(r"^(p95|p99)_(low|high)", r"p50_\2", name)
        stem = re.sub(r"_per_call$", "", stem)
        known = stem in told or (stem.startswith("top_") and "top_users" in told)
        assert known, f"docs/digest-json.md does not tell of {name}"


def test_group_by_names_the_columns(log):
    done = perfkit("digest", log, "--format", "json", "--group-by", "user,database")
    (row,) = json.loads(done.stdout)["groups"]
    assert (row["user"], row["database"], row["calls"]) == ("anna", "shop", 40)


def test_a_wrong_column_is_a_sentence_and_a_hint(log):
    done = perfkit("digest", log, "--group-by", "databse")
    assert done.returncode == 2
    assert "no column 'databse'" in done.stderr
    assert "hint: did you mean 'database'?" in done.stderr


def test_html_holds_the_pictures_and_sections(log, tmp_path):
    page = tmp_path / "digest.html"
    assert perfkit("digest", log, "--format", "html", "-o", str(page)).returncode == 0
    html = page.read_text(encoding="utf-8")
    assert "By user</summary>" in html
    assert "updatemenus" in html
