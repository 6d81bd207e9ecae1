"""How long a plan takes to read, beside PEV2 in node on the same texts.

    python benchmarks/plans.py EXPECTED.out ... [--pev2 DIST]

The texts are the QUERY PLAN blocks of the given files (psql's output, such as the expected
results of PostgreSQL's regression suite), once as they are and once with numbers on every node,
as EXPLAIN ANALYZE prints them. DIST is the folder ``dist`` of the npm package pev2; its parser
runs in node without a browser. Printed are median and 99th percentile per plan in ms, the ratio,
and how often all nodes were found.
"""

from __future__ import annotations

import argparse
import gc
import json
import re
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from perfkit.errors import PerfkitError
from perfkit.plans.read import read_plan

_BLOCK = re.compile(r"^ *QUERY PLAN *\n-+\n(.*?)^\([0-9]+ rows?\)$", re.MULTILINE | re.DOTALL)
_PROPERTY = re.compile(r" *(?:[A-Z][\w /-]*:|(?:InitPlan|SubPlan|CTE) (?!Scan))")
_NUMBERS = "  (cost=0.15..8.17 rows=12 width=36) (actual time=0.012..0.034 rows=7 loops=2)"
_RUN = """
import { planService } from "./pev2.mjs";
import fs from "fs";
const count = (node) => 1 + (node.Plans || []).reduce((sum, one) => sum + count(one), 0);
const read = JSON.parse(fs.readFileSync("texts.json")).map((text) => {
  const began = performance.now();
  try {
    const plan = planService.fromSource(text);
    return [performance.now() - began, count(plan.Plan)];
  } catch { return [performance.now() - began, 0]; }
});
fs.writeFileSync("read.json", JSON.stringify(read));
"""
_NOTHING = (
    "const f = new Proxy(function () { return f }, { get: (_, key) => "
    'key === Symbol.toPrimitive ? () => "" : f, apply: () => f, construct: () => f });\n'
)


def texts(paths: list[Path]) -> list[tuple[str, int]]:
    """Return the plans in ``paths`` with the number of their nodes, twice each."""
    found = []
    for path in paths:
        for block in _BLOCK.findall(path.read_text(encoding="utf-8", errors="replace")):
            lines = block.rstrip().split("\n")
            roots = [line for line in lines if _is_root(line)]
            nodes = sum(line.lstrip().startswith("->") for line in lines) + 1
            if len(roots) == 1 and "(actual" not in block and "(cost" not in block:
                found.append((block, nodes))
                numbered = (line + _NUMBERS * (_is_root(line) or "->" in line) for line in lines)
                found.append(("\n".join(numbered), nodes))
    return found


def _is_root(line: str) -> bool:
    return line[:1] == " " and line[1:2].isalpha() and not _PROPERTY.match(line)


def ours(plans: list[tuple[str, int]]) -> list[tuple[float, int]]:
    """Read all; return ms and the number of nodes of each."""
    read = []
    gc.disable()
    for text, _ in plans:
        began = time.perf_counter()
        try:
            nodes = len(read_plan(text).tree)
        except PerfkitError:
            nodes = 0
        read.append((1e3 * (time.perf_counter() - began), nodes))
    gc.enable()
    return read


def theirs(plans: list[tuple[str, int]], dist: Path) -> list[tuple[float, int]]:
    """Do the same with PEV2's parser, its interface replaced by nothing."""
    source = (dist / "pev2.es.js").read_text(encoding="utf-8")
    imported = re.search(r"import \{(.*?)\} from \"vue\";", source, re.DOTALL)
    names = [name.split(" as ")[0].strip() for name in imported[1].split(",")] if imported else []
    service = re.search(r"(\w+)\.fromSource\(\w+\)", source.partition("parse(t, e)")[2])
    if service is None:
        raise SystemExit(f"{dist} holds no parser that is known")
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        vue = root / "node_modules" / "vue"
        vue.mkdir(parents=True)
        (vue / "package.json").write_text('{"name": "vue", "type": "module", "main": "index.js"}')
        (vue / "index.js").write_text(
            _NOTHING + "".join(f"export const {name} = f;\n" for name in names)
        )
        exported = source.replace("export {", f"export {{ {service[1]} as planService,", 1)
        (root / "pev2.mjs").write_text(exported, encoding="utf-8")
        (root / "run.mjs").write_text(_RUN)
        (root / "texts.json").write_text(json.dumps([text for text, _ in plans]))
        subprocess.run(["node", "run.mjs"], cwd=root, check=True, timeout=600)
        return [(ms, nodes) for ms, nodes in json.loads((root / "read.json").read_text())]


def told(name: str, read: list[tuple[float, int]], plans: list[tuple[str, int]]) -> None:
    """Print one line."""
    ms = sorted(one for one, _ in read)
    whole = sum(nodes == wanted for (_, nodes), (_, wanted) in zip(read, plans, strict=True))
    median = statistics.median(ms)
    print(
        f"{name:8} {len(ms):6,} plans  median {median:7.3f} ms  p99 {ms[int(len(ms) * 0.99)]:7.3f}"
        f"  max {ms[-1]:8.3f}  node-complete {whole / len(ms):.2%}"
    )


def main() -> None:
    """Read the arguments and print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("paths", nargs="+", type=Path)
    parser.add_argument("--pev2", type=Path)
    given = parser.parse_args()
    plans = texts(given.paths)
    ours(plans[:200])
    mine = ours(plans)
    told("perfkit", mine, plans)
    if given.pev2:
        other = theirs(plans, given.pev2)
        told("pev2", other, plans)
        both = [(a, b) for (a, one), (b, two) in zip(mine, other, strict=True) if one == two]
        median = statistics.median(a / b for a, b in both)
        print(f"of {len(both):,} plans that both read whole perfkit takes {median:.2f} of the time")


if __name__ == "__main__":
    main()
