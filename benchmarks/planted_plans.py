"""Plans with known answers: statements in which one node sleeps, and how long it slept.

``nap('tag')`` sleeps, measures itself with the clock and reports the time as a notice, from
workers too. So the truth is known per tag and process without looking at the plan.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from perfkit.plans.read import read_plan

if TYPE_CHECKING:
    import psycopg

    from perfkit.plans.model import Node, Plan

__all__ = ["PARALLEL", "SCHEMA", "Case", "Run", "execute", "misses", "planted"]

#: One row of ``a`` and ``b`` per page, so that processes share scans row by row; ``c``,
#: ``e`` and ``f`` are dense; several processes never share a scan of ``f``. Functions are volatile or stable, so that they run once per row.
SCHEMA = """
create table a (id int primary key, g int, pad text) with (fillfactor = 10);
create table b (id int primary key, g int, pad text) with (fillfactor = 10);
create table c (id int primary key, g int, v int);
alter table a alter pad set storage plain; alter table b alter pad set storage plain;
insert into a select i, i % 4, repeat('x', 800) from generate_series(1, 24) i;
insert into b select i, i % 4, repeat('x', 800) from generate_series(1, 24) i;
insert into c select i, i % 50, i from generate_series(1, 5000) i;
create index c_g on c (g);
create table e (id int, g int, v int);
insert into e select * from c;
create table f (id int, g int, v int) with (parallel_workers = 0);
insert into f select * from c;
create table p (id int, g int, pad text) partition by range (id);
create table p1 partition of p for values from (0) to (10) with (fillfactor = 10);
create table p2 partition of p for values from (10) to (20) with (fillfactor = 10);
create table p3 partition of p for values from (20) to (40) with (fillfactor = 10);
insert into p select i, i % 4, repeat('x', 800) from generate_series(1, 30) i;
create table w (id int primary key, v int);
insert into w select i, i from generate_series(1, 200) i;
create table parent (id int primary key);
create table child (id int, parent_id int references parent);
insert into parent select i from generate_series(1, 50) i;
create function nap(tag text, x int default 1) returns int language plpgsql
  volatile parallel safe cost 1000 as $$
declare started timestamptz := clock_timestamp();
begin
  perform pg_sleep(0.003);
  raise notice 'nap % % %', tag, pg_backend_pid(),
    extract(epoch from clock_timestamp() - started) * 1000;
  return x;
end $$;
create function stable_nap(tag text, x int default 1) returns int language plpgsql
  stable parallel safe cost 1000 as $$ begin return nap(tag, x); end $$;
create function serial_nap(tag text, x int default 1) returns int language plpgsql
  volatile parallel restricted cost 1000 as $$ begin return nap(tag, x); end $$;
create function light_nap(tag text, x int default 1) returns int language plpgsql
  volatile parallel safe cost 1 as $$ begin return nap(tag, x); end $$;
create function nap_rows(tag text, n int) returns setof int language plpgsql
  volatile parallel safe as $$
begin for i in 1..n loop perform nap(tag); return next i; end loop; end $$;
create function before_nap() returns trigger language plpgsql as
  $$ begin perform nap(tg_argv[0]); return new; end $$;
create table tb (id int, v int);
create trigger napping before insert on tb for each row execute function before_nap('before');
create table ta (id int, v int);
create trigger napping after insert on ta for each row execute function before_nap('after');
create table tab (id int, v int);
create trigger early before insert on tab for each row execute function before_nap('before');
create trigger late after insert on tab for each row execute function before_nap('after');
create trigger late_again after insert on tab for each row execute function before_nap('after');
create table ts (id int, v int);
create trigger early before insert on ts for each statement
  execute function before_nap('before');
create trigger late after insert on ts for each statement execute function before_nap('after');
"""
#: Plans over small tables become parallel ones with this.
PARALLEL = (
    "max_parallel_workers_per_gather = 2",
    "parallel_setup_cost = 0",
    "parallel_tuple_cost = 0",
    "min_parallel_table_scan_size = 0",
    "min_parallel_index_scan_size = 0",
)
_NAP = re.compile(r"nap (?P<tag>\w+) (?P<pid>[0-9]+) (?P<ms>[0-9.]+)")
_RIGHT = 0.20  # of the truth
_NOISE_MS = 0.6  # what a node does beside sleeping: starting a worker, a few hundred rows
_WORKERS_MS = 8.0  # to start workers and to end them, inside of their Gather
_SPARE = 0.10  # of the whole: what a node without a nap may have, with the noise


@dataclass(frozen=True, kw_only=True)
class Case:
    """A statement with naps; ``at`` says which node each tag sleeps in.

    A node is named by its type, ``:`` and its alias or CTE name, and ``#`` with a number where
    several have both; ``@name`` is the body of an InitPlan or a CTE, whatever its type.
    ``trigger`` stands for what runs after the plan.
    """

    name: str
    sql: str
    at: dict[str, str]
    settings: tuple[str, ...] = ()
    parallel: tuple[str, ...] = ()  # tags that sleep in several processes, of one Gather each
    options: str = "verbose, buffers"
    calls: dict[str, int] = field(default_factory=dict)  # where planning sleeps as well


@dataclass(frozen=True, kw_only=True)
class Run:
    """One execution: the plan as the server printed it, and the truth in ms per tag."""

    case: Case
    document: Any
    text: str
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
    return Run(case=case, document=row[0], text="", truth=_truth(case, heard))


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
    for group in case.parallel:
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
    return node.node_type == kind and (not alias or alias in names)


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
        noise = _WORKERS_MS if node.kind.startswith("Gather") else _NOISE_MS
        if truth is None and found > _SPARE * whole + noise:
            wrong.append(f"{node.node_id} {node.node_type} did nothing: {found:.1f} ms")
        elif truth is not None and abs(found - truth) > _RIGHT * truth + noise:
            wrong.append(f"{node.node_id} {node.node_type} slept {truth:.1f}: {found:.1f} ms")
    return wrong
