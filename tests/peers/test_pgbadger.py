"""The same log, counted by pgBadger and by us; where we differ, the reason has a name."""

import json
import os
import re
import shutil
import subprocess
from collections import Counter

import postgres_log
import pytest

import perfkit
from perfkit.fingerprint import fingerprint

pytestmark = [pytest.mark.lab, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    if shutil.which("pgbadger") is None:
        if os.environ.get("CI") == "true":
            pytest.fail("pgbadger is not installed (Debian: apt install pgbadger)")
        pytest.skip("pgbadger is not installed (Debian: apt install pgbadger)")
    path = tmp_path_factory.mktemp("logs")
    postgres_log.write(path, 1.0, all_formats=True)
    return path


KINDS = [("stderr", "pg.log"), ("csv", "pg.csv"), ("jsonlog", "pg.json")]


@pytest.fixture(scope="module", params=KINDS)
def both(folder, request):
    """What pgBadger says of a log, and our digest of it."""
    kind, name = request.param
    out = folder / f"{kind}.badger.json"
    command = ["pgbadger", "-q", "-j1", "-f", kind, "-p", postgres_log.PREFIX, "-x", "json"]
    subprocess.run(
        [*command, "--pid-dir", str(folder), "-o", str(out), str(folder / name)],
        check=True, timeout=120, capture_output=True,
    )  # fmt: skip
    return json.loads(out.read_text()), perfkit.load(folder / name)


#: What pgBadger 12 does to a text that we do not, and how ours becomes the same.
DIFFERENCES = {
    "lists of values are written in (...)": (r"in \(\.\.\.\)", "in (?)"),
    "the letter before a string stays: e?": (r"\b[en]\?", "?"),
    "decimals are two question marks: ?.?": (r"\?\.\?", "?"),
    "placeholders and strings before a cast are dropped, lists keep their commas": (r"[?,\s]", ""),
}


def folded(text):
    """Return a text of pgBadger's, or a fingerprint of ours, so that both are the same."""
    text = fingerprint(text)
    for pattern, instead in DIFFERENCES.values():
        text = re.sub(pattern, instead, text)
    return text


def counted(badger):
    """Return calls and milliseconds by folded text."""
    calls, ms = Counter(), Counter()
    for statements in badger["normalyzed_info"].values():
        for text, found in statements.items():
            calls[folded(text)] += int(found["count"])
            ms[folded(text)] += float(found["duration"])
    return calls, ms


def completed(text, ours):
    """Return the one text of ours that begins so.

    In a csvlog pgBadger joins the lines of a statement first, so that a comment behind one line
    swallows all others.
    """
    whole = [other for other in ours if other.startswith(text)]
    return whole[0] if text not in ours and len(whole) == 1 else text


def test_calls_and_time_per_statement_are_the_same(both):
    badger, rec = both
    ours, our_ms = Counter(), Counter()
    for row in perfkit.digest(rec).arrow.to_pylist():
        if row["calls"]:
            ours[folded(row["fingerprint"])] += row["calls"]
            our_ms[folded(row["fingerprint"])] += row["total_ms"]
    calls, ms = counted(badger)
    assert len(ours) > 25
    assert ours == {completed(text, ours): count for text, count in calls.items()}
    for text, total in ms.items():
        assert our_ms[completed(text, ours)] == pytest.approx(total, abs=0.001)


def test_events_are_the_same(both):
    badger, rec = both
    kinds = Counter(rec.arrow("events")["kind"].to_pylist())
    temp = next(iter(badger["tempfile_info"].values()))
    assert kinds["temp_file"] == int(temp["count"])
    assert kinds["deadlock"] > 0
