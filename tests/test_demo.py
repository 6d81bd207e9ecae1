"""The main job from end to end: planted faults are found in what real servers wrote."""

from __future__ import annotations

import html
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

import perfkit
import perfkit.lab
from perfkit import shipped
from perfkit.lab import server
from perfkit.redact import redact

pytestmark = [pytest.mark.lab, pytest.mark.timeout(450)]

#: A bound for machines that do other things as well.
LIMIT_S = 400  # it takes 80 s on an idle machine of two cores
#: Each planted fault: rule, endpoint, what identifies its cause, how often, what mends it.
PLANTED = {
    "n_plus_one": (
        *("n-plus-one", "/orders"),
        *(r"from order_items", r"40 times per request", "selectinload"),
    ),
    "missing_index": (
        *("slow-seq-scan", "/orders/search"),
        *(r"orders is read from end to end", r"\d\d executions", "CREATE INDEX"),
    ),
    "pool_starvation": (
        *("connection-held-idle", "/checkout"),
        *(r"Pool 'checkout' \(size 5\)", r"checkouts 84|84 requests", "await"),
    ),
    "blocking_call": (
        *("blocked-event-loop", "/report"),
        *(r"routes\.report", r"\d\d times", "asyncio.to_thread"),
    ),
}
#: What none of the clean twins may show.
FAULTS = {rule for rule, *_ in PLANTED.values()} | {"pool-too-small"}


@pytest.fixture(scope="module")
def home():
    parent = Path(tempfile.mkdtemp(prefix="pkd-")).resolve()
    parent.chmod(0o755)  # the server's user may be another than ours
    yield parent / "lab"
    server.stop(parent / "lab")
    shutil.rmtree(parent, ignore_errors=True)


@pytest.fixture(scope="module")
def demo(home, tmp_path_factory):
    """The demo's output folder, and what it printed, in the size that users run it."""
    output = tmp_path_factory.mktemp("demo") / "build"
    done = subprocess.run(
        [sys.executable, "-m", "perfkit.cli", "demo", "--output", str(output)],
        env=os.environ | {"PERFKIT_LAB_HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr
    return output, done.stdout


def test_the_demo_finds_every_fault_and_nothing_runs_afterwards(demo, home):
    _, stdout = demo
    assert "NOT FOUND" not in stdout
    deadline = time.monotonic() + 15
    while home.exists():
        assert time.monotonic() < deadline, "the lab still runs"
        time.sleep(0.1)
    assert not server.status(home).running
    while sys.platform == "linux" and processes_of(home):
        assert time.monotonic() < deadline, "a process of the lab is left"
        time.sleep(0.1)


def processes_of(home):
    found = []
    for entry in Path("/proc").iterdir():
        try:
            told = (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
        except OSError:
            continue
        if os.fsencode(home) in told:
            found.append(entry.name)
    return found


def test_the_report_is_one_file_that_opens_offline(demo):
    page = (demo[0] / "report.html").read_text()
    outside = re.sub(r"<script>.*?</script>", "", page, flags=re.DOTALL)
    assert "default-src 'none'" in outside
    assert not re.search(r"<(?:script|link|img|iframe)[^>]+(?:src|href)\s*=", outside)
    assert not re.search(r"""(?:src|srcset|data|poster)\s*=\s*["']?\s*(?:https?:)?//""", outside)
    assert not re.search(r"@import|url\(\s*[\"']?(?!data:)", outside)
    assert page.count("Plotly.newPlot(") >= 3
    assert [path.name for path in demo[0].glob("report*")] == ["report.html"]


def text_of(page):
    without = re.sub(r"<(script|style)\b.*?</\1>", " ", page, flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", without)).split())


@pytest.fixture(scope="module")
def report(demo):
    return text_of((demo[0] / "report.html").read_text())


@pytest.fixture(scope="module")
def findings(demo):
    """The diagnosis of the very recording that the demo left."""
    rec = perfkit.load(demo[0] / "launch.perfkit")
    return perfkit.diagnose(rec).findings


@pytest.mark.parametrize("fault", PLANTED)
def test_a_planted_fault_is_in_the_report_with_place_count_saving_and_fix(fault, report, findings):
    rule, endpoint, cause, count, fix = PLANTED[fault]
    found = [f for f in findings if f.rule == rule and endpoint in f.title]
    assert found, [(f.rule, f.title) for f in findings]
    first = found[0]
    told = f"{first.title} {json.dumps(first.evidence, default=str)} {first.fix.snippet}"
    assert re.search(cause, told)
    assert re.search(count, f"{told} {first.saves_basis}"), told
    assert fix in first.fix.snippet
    assert first.saves_ms > 0
    assert first.saves_basis
    for line in [first.title, *first.fix.snippet.splitlines()]:
        assert " ".join(redact(line).split()) in report  # a report is for others to read


def test_the_executed_notebooks_are_written_with_their_outputs(demo):
    written = sorted((demo[0] / "notebooks").glob("*.ipynb"))
    expected = sorted(path.name for path in shipped.folder("notebooks").glob("*.ipynb"))
    assert [path.name for path in written] == expected
    for path in written:
        cells = json.loads(path.read_text())["cells"]
        code = [cell for cell in cells if cell["cell_type"] == "code"]
        assert all(cell["execution_count"] for cell in code if "".join(cell["source"]).strip())
        outputs = [output for cell in code for output in cell["outputs"]]
        assert outputs
        assert not [output for output in outputs if output["output_type"] == "error"]


def test_the_demo_leaves_no_draft(demo):
    assert [path.name for path in demo[0].rglob(".*")] == []


def test_a_shop_without_faults_yields_none_of_their_findings(home, tmp_path, monkeypatch):
    monkeypatch.setenv("PERFKIT_LAB_HOME", str(home))
    with perfkit.lab.start(scale=0.1) as lab:
        story = lab.record(tmp_path / "calm", faults=[])
    rec = perfkit.load(story.directory).mark(story.launched_at, "launch")
    assert rec.arrow("requests").num_rows > 500
    found = perfkit.diagnose(rec).findings
    assert [(f.rule, f.title) for f in found if f.rule in FAULTS] == []
