"""Plans with known answers: statements in which one node sleeps, and how long it slept.

``nap('tag')`` sleeps, measures itself with the clock and reports the time as a notice, from
workers too. So the truth is known per tag and process without looking at the plan.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from perfkit.plans.read import read_plan

if TYPE_CHECKING:
    import psycopg

    from perfkit.plans.model import Node, Plan

__all__ = ["CASES", "SCHEMA", "Case", "Run", "execute", "misses", "planted"]

_HERE = Path(__file__).parent
#: Creates the tables and functions; in a database of its own.
SCHEMA = (_HERE / "planted_schema.sql").read_text()
_PARALLEL = (
    "max_parallel_workers_per_gather = 2",
    "parallel_setup_cost = 0",
    "parallel_tuple_cost = 0",
    "min_parallel_table_scan_size = 0",
    "min_parallel_index_scan_size = 0",
)
_GROUPS = {
    "parallel": _PARALLEL,  # plans over small tables become parallel ones
    "narrow": ("parallel_setup_cost = 10",),  # one Gather above a join is cheaper than two below
    "hash": ("enable_mergejoin = off", "enable_nestloop = off"),
    "merge": ("enable_hashjoin = off", "enable_nestloop = off"),
    "nested": ("enable_hashjoin = off", "enable_mergejoin = off"),
    "bitmap": ("enable_seqscan = off", "enable_indexscan = off", "enable_indexonlyscan = off"),
}
_TABLE_SCANS = {"Seq Scan", "Index Scan", "Index Only Scan", "Bitmap Heap Scan"}
_NAP = re.compile(r"nap (?P<tag>\w+) (?P<pid>[0-9]+) (?P<ms>[0-9.]+)")
_RIGHT = 0.20  # of the truth
_NOISE_MS = 0.6  # what a node does beside sleeping: starting a worker, a few hundred rows
_JITTER = 0.02  # of the whole: the machine does other things, too
_WORKERS_MS = 12.0  # to start workers and to end them, inside of their Gather
_SPARE = 0.10  # of the whole: what a node without a nap may have, with the noise


@dataclass(frozen=True, kw_only=True)
class Case:
    """A statement with naps; ``at`` says which node each tag sleeps in.

    A node is named by its type, ``:`` and its alias or CTE name, and ``#`` with a number where
    several have both; ``Scan`` is any of a table, and ``@name`` is the body of an InitPlan or a
    CTE, whatever its type. ``trigger`` stands for what runs after the plan. ``together`` has
    the tags that sleep in
    several processes, those of one Gather in one text. Tags of which planning sleeps as well
    have the number of their ``calls``.
    """

    name: str
    sql: str
    at: dict[str, str]
    settings: tuple[str, ...] = ()
    together: tuple[str, ...] = ()
    options: str = "verbose, buffers"
    calls: dict[str, int] = field(default_factory=dict)


def _case(text: str) -> Case:
    head = [line[3:] for line in text.splitlines() if line.startswith("-- ")]
    said = dict(line.split(": ", 1) for line in head[1:])
    settings = (_GROUPS.get(one, (one,)) for one in _listed(said.get("set", "")))
    return Case(
        name=head[0],
        sql=" ".join(line for line in text.splitlines() if not line.startswith("--")).rstrip(";"),
        at=dict(pair.split("=", 1) for pair in _listed(said["at"])),
        settings=tuple(setting for group in settings for setting in group),
        together=tuple(_listed(said.get("together", ""))),
        options=said.get("options", Case.options),
        calls={tag: int(n) for tag, n in (p.split("=") for p in _listed(said.get("calls", "")))},
    )


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(";") if part.strip()]


#: What stands before the first empty line describes the file.
CASES = tuple(
    _case(text) for text in (_HERE / "planted_plans.sql").read_text().strip().split("\n\n")[1:]
)


@dataclass(frozen=True, kw_only=True)
class Run:
    """One execution: the plan as the server printed it, and the truth in ms per tag."""

    case: Case
    document: Any
    truth: dict[str, float]

    @property
    def plan(self) -> Plan:
        """The plan as perfkit reads it."""
        return read_plan(self.document)


def execute(connection: psycopg.Connection[Any], case: Case) -> Run:
    """Run ``case`` in a transaction that is rolled back."""
    heard: list[str] = []
    connection.add_notice_handler(lambda notice: heard.append(notice.message_primary or ""))
    with connection.cursor() as cursor:
        cursor.execute("begin")
        for setting in case.settings:
            cursor.execute(f"set local {setting}".encode())
        heard.clear()
        cursor.execute(f"explain (analyze, {case.options}, format json) {case.sql}".encode())
        row = cursor.fetchone()
        cursor.execute("rollback")
    assert row is not None
    return Run(case=case, document=row[0], truth=_truth(case, heard))


def _truth(case: Case, heard: list[str]) -> dict[str, float]:
    """Return the wall time that each tag slept.

    Processes sleep at the same time: the mean one counts, times the skew of the parallel part.
    """
    naps: dict[str, list[tuple[str, float]]] = defaultdict(list)
    for message in heard:
        if found := _NAP.fullmatch(message):
            naps[found["tag"]].append((found["pid"], float(found["ms"])))
    for tag, count in case.calls.items():
        naps[tag] = naps[tag][-count:]
    truth = {tag: sum(ms for _, ms in found) for tag, found in naps.items()}
    for group in case.together:
        spent: dict[str, float] = defaultdict(float)
        tags = group.split()
        for pid, ms in (nap for tag in tags for nap in naps[tag]):
            spent[pid] += ms
        wall = max(spent.values(), default=0.0) / (sum(spent.values()) or 1.0)
        truth |= {tag: truth[tag] * wall for tag in tags}
    return truth


def planted(plan: Plan, where: str) -> Node:
    """Return the node that ``where`` names (see :class:`Case`)."""
    what, _, number = where.partition("#")
    found = [node for node in plan.tree if _is(node, what)]
    if not found:
        names = [f"{node.node_type}:{node.text('Alias')}" for node in plan.tree]
        raise LookupError(f"{where} is not among {names}")
    return found[int(number or 0)]


def _is(node: Node, what: str) -> bool:
    if what.startswith("@"):
        return (node.text("Subplan Name") or "").startswith(what[1:])
    kind, _, alias = what.partition(":")
    names = {node.text(key) for key in ("Alias", "CTE Name", "Relation Name", "Index Name")}
    fits = node.kind in _TABLE_SCANS if kind == "Scan" else node.node_type == kind
    return fits and (not alias or alias in names)


def misses(run: Run, own: list[float]) -> list[str]:
    """Return what is wrong with the times ``own`` of the nodes, nothing if all are right."""
    plan, whole = run.plan, sum(run.truth.values())
    wanted: dict[int, float] = defaultdict(float)
    for tag, where in run.case.at.items():
        if where != "trigger":
            wanted[planted(plan, where).node_id] += run.truth[tag]
    wrong = []
    for node in plan.tree:
        truth, found = wanted.get(node.node_id), own[node.node_id]
        noise = _WORKERS_MS if node.kind.startswith("Gather") else _NOISE_MS + _JITTER * whole
        if truth is None and found > _SPARE * whole + noise:
            wrong.append(f"{node.node_id} {node.node_type} did nothing: {found:.1f} ms")
        elif truth is not None and abs(found - truth) > _RIGHT * truth + noise:
            wrong.append(f"{node.node_id} {node.node_type} slept {truth:.1f}: {found:.1f} ms")
    return wrong
