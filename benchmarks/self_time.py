"""How often the time of a plan's nodes is right, where the answer is known.

    python benchmarks/self_time.py [--runs 3] [--pev2 FOLDER]

Runs the statements of ``planted_plans.sql`` in the lab's server and prints, for perfkit and,
where ``--pev2`` names the ``dist`` folder of the npm package and node is installed, for PEV2,
in how many plans all nodes have the time that was slept in them, with a tolerance of 20 %.
Then how long it takes to attribute the time of one plan.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import statistics
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
from planted_plans import CASES, SCHEMA, execute, misses

from perfkit.lab import server
from perfkit.plans.read import read_plan
from perfkit.plans.self_time import attribute

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from contextlib import AbstractContextManager

    from planted_plans import Run

_DATABASE = "perfkit_planted"
_DRIVER = """
import { createInterface } from "node:readline";
globalThis.window = globalThis.self = globalThis;
globalThis.document ??= {createElement: () => ({style: {}}), addEventListener() {}};
const { service } = await import(process.argv[2]);
const walk = (node, found) => {
  found[node["#id"]] = node["*Duration (exclusive)"] ?? 0;
  (node.Plans ?? []).forEach((below) => walk(below, found));
};
for await (const line of createInterface({ input: process.stdin })) {
  let found = {};
  try {
    const plan = service.createPlan("", service.fromSource(line), "");
    walk(plan.content.Plan, found);
    plan.ctes.forEach((below) => walk(below, found));
  } catch (error) {
    found = { error: String(error) };
  }
  console.log(JSON.stringify(found));
}
"""
_VUE = """const anything = new Proxy(function () {}, {
  get: (_, key) => (key === Symbol.toPrimitive ? () => "" : anything),
  apply: () => anything, construct: () => anything,
});
const vue = anything;
"""


def main() -> None:
    """Print who was right how often, and what it cost."""
    arguments = _arguments()
    runs = _executed(arguments.runs)
    _report("perfkit", runs, [run.plan.times.self_ms for run in runs])  # type: ignore[misc]
    if arguments.pev2 is not None and shutil.which("node"):
        _report("pev2", runs, _pev2(runs, arguments.pev2))
    _speed(runs)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=1, help="executions of each statement")
    parser.add_argument("--pev2", type=Path, help="folder with pev2.es.js")
    return parser.parse_args()


def _executed(runs: int) -> list[Run]:
    with server.start() as lab, _database(lab) as connection:
        return [execute(connection, case) for _ in range(runs) for case in CASES]


def _database(lab: server.LabServer) -> AbstractContextManager[psycopg.Connection[Any]]:
    def url(name: str) -> str:
        return lab.url(name).replace("postgresql+psycopg", "postgresql")

    with psycopg.connect(url("postgres"), autocommit=True) as admin:
        admin.execute(f"drop database if exists {_DATABASE}".encode())
        admin.execute(f"create database {_DATABASE}".encode())
    connection = psycopg.connect(url(_DATABASE), autocommit=True)
    connection.execute(SCHEMA.encode())
    connection.execute("vacuum analyze")
    return connection


def _report(who: str, runs: Sequence[Run], own: Sequence[Sequence[float]]) -> None:
    wrong = [(run, misses(run, list(times))) for run, times in zip(runs, own, strict=True)]
    right = sum(not found for _, found in wrong)
    print(f"{who}: {right} of {len(runs)} plans right ({right / len(runs):.1%})")
    for run, found in wrong:
        if found:
            print(f"  {run.case.name}: {'; '.join(found)}")


def _pev2(runs: Sequence[Run], folder: Path) -> list[list[float]]:
    """Return the exclusive times of PEV2, node by node; what it cannot read has none."""
    source = (folder / "pev2.es.js").read_text()
    source = re.sub(r'import \{([^}]*)\} from "vue";', _destructured, source, count=1)
    called = re.search(r"(\w+)\.createPlan\(\"\"", source)
    assert called is not None, "PEV2 has changed: who calls createPlan?"
    with tempfile.TemporaryDirectory() as scratch:
        module, driver = Path(scratch, "pev2.mjs"), Path(scratch, "driver.mjs")
        module.write_text(f"{source}\nexport const service = {called[1]};\n")
        driver.write_text(_DRIVER)
        done = subprocess.run(
            ["node", str(driver), str(module)],
            input="\n".join(json.dumps(_numbered(run.document)) for run in runs),
            capture_output=True, text=True, timeout=300, check=True,
        )  # fmt: skip
    answers = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    return [
        [answer.get(str(node.node_id), 0.0) for node in run.plan.tree]
        for run, answer in zip(runs, answers, strict=True)
    ]


def _destructured(found: re.Match[str]) -> str:
    return f"{_VUE}const {{{found[1].replace(' as ', ': ')}}} = vue;"


def _numbered(document: Any) -> Any:
    copy = json.loads(json.dumps(document))
    for number, node in enumerate(_nodes(copy[0]["Plan"])):
        node["#id"] = number
    return copy


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for below in node.get("Plans", []):
        yield from _nodes(below)


def _speed(runs: Sequence[Run]) -> None:
    took = []
    for tree in [read_plan(run.document).tree for run in runs]:
        started = time.perf_counter()
        attribute(tree)
        took.append((time.perf_counter() - started) * 1000)
    print(f"attribution: median {statistics.median(took):.3f} ms, longest {max(took):.3f} ms")


if __name__ == "__main__":
    main()
