"""Indexes that the workload asks for, each for all statements it serves; proven if possible."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfkit.probes.table_facts import table_facts
from perfkit.tasks.audit.asking import plans_of, wanted_by
from perfkit.tasks.audit.joins import joined_columns
from perfkit.tasks.explaining.progress import Steps
from perfkit.tasks.proofs import Question, best, prove
from perfkit.units import format_ms

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sqlalchemy import Connection, Engine

    from perfkit.plans.candidates import Candidate
    from perfkit.plans.facts import Facts
    from perfkit.plans.model import Plan
    from perfkit.probes.server import Server
    from perfkit.tasks.audit.workload import Asked
    from perfkit.tasks.proofs import Proof
    from perfkit.tasks.proofs.model import Method

__all__ = ["Proving", "Served", "Wanted", "Wishes", "joined", "served", "wishes"]


@dataclass(frozen=True, kw_only=True)
class Wished:
    """A statement, its plan (for recorded values, or unknown ones), and what might help it."""

    asked: Asked
    plan: Plan
    candidates: Sequence[Candidate]


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """What the whole workload asks for; ``joined`` are (schema, table, column) of joins."""

    found: Sequence[Wished]
    without_plan: int
    joined: frozenset[tuple[str, str, str]]
    facts: Facts


@dataclass(frozen=True, kw_only=True)
class Proving:
    """How proofs may be made: None as ``methods`` means all that the server allows."""

    engine: Engine
    methods: tuple[Method, ...] | None
    expendable: bool
    timeout_s: float
    updates: Sequence[Question] = ()


@dataclass(frozen=True, kw_only=True)
class Served:
    """One statement that the index serves, with the proof if there is one."""

    wished: Wished
    candidate: Candidate
    proof: Proof | None

    @property
    def saves_ms(self) -> float:
        """Time saved per call: proven, or what the costs of the scans suggest."""
        if self.proof is not None and self.proof.saves_ms is not None:
            return self.proof.saves_ms
        gain = 1.0 if self.candidate.gain is None else self.candidate.gain
        share = _cost_share(self.wished.plan, self.candidate)
        return self.wished.asked.mean_ms * share * gain

    @property
    def total_ms(self) -> float:
        """Time saved in all calls."""
        return self.saves_ms * self.wished.asked.calls


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """One index for all statements that it serves; ``main`` gains most."""

    served: tuple[Served, ...]

    @property
    def main(self) -> Served:
        """The statement that gains most in all."""
        return max(self.served, key=lambda one: one.total_ms)

    @property
    def candidate(self) -> Candidate:
        """The index."""
        return self.main.candidate

    @property
    def proof(self) -> Proof | None:
        """The proof for the statement that gains most."""
        return self.main.proof

    @property
    def calls(self) -> int:
        """Calls of all statements it serves."""
        return sum(one.wished.asked.calls for one in self.served)

    @property
    def total_ms(self) -> float:
        """Time it saves in all calls."""
        return sum(one.total_ms for one in self.served)


def wishes(connection: Connection, server: Server, statements: Iterable[Asked]) -> Wishes:
    """Plan every statement and collect the indexes that might help."""
    asking = list(statements)
    every = []
    with Steps(len(asking)) as steps:
        for asked in asking:
            steps.next(asked.text)
            every.append((asked, plans_of(connection, server, asked)))
    planned = [(asked, plans) for asked, plans in every if plans]
    pairs = {
        (node.text("Schema") or "", node.relation)
        for _, plans in planned
        for plan in plans
        for node in plan.tree
        if node.relation
    }
    facts = table_facts(connection, server, pairs)
    found = [
        Wished(asked=asked, plan=plans[0], candidates=wanted_by(asked, plans, facts))
        for asked, plans in planned
    ]
    return Wishes(
        found=[wished for wished in found if wished.candidates],
        without_plan=len(every) - len(planned),
        joined=frozenset(
            column for _, plans in planned for plan in plans for column in joined_columns(plan)
        ),
        facts=facts,
    )


def served(asked_for: Wishes, proving: Proving) -> tuple[list[Wanted], list[str]]:
    """Choose one index per statement by proof, join equal ones, and say which did not help."""
    chosen: list[Served] = []
    notes: list[str] = []
    for wished, proofs in _every_proof(asked_for.found, proving):
        winner = best(proofs)
        unproven = next((p for p in proofs if p.verdict == "not proven"), None)
        if winner is not None:
            chosen.append(Served(wished=wished, candidate=winner.candidate, proof=winner))
        elif unproven is not None:
            chosen.append(Served(wished=wished, candidate=unproven.candidate, proof=None))
        else:
            notes.append(_useless(proofs))
    return joined(chosen), notes


def _every_proof(found: Sequence[Wished], proving: Proving) -> Iterator[tuple[Wished, list[Proof]]]:
    """Yield each statement with its proofs; a build may take a while, so say where it is."""
    with Steps(len(found)) as steps:
        for wished in found:
            steps.next(wished.asked.text)
            yield wished, _proofs(wished, proving)


def joined(chosen: Sequence[Served]) -> list[Wanted]:
    """Join equal indexes, and those that a longer one begins with; most time saved first."""
    groups: dict[object, list[Served]] = {}
    for one in chosen:
        groups.setdefault(_identity(one.candidate), []).append(one)
    lists = sorted(groups.values(), key=lambda group: -len(group[0].candidate.keys))
    kept: list[list[Served]] = []
    for group in lists:
        longer = next((k for k in kept if _begins(k[0].candidate, group[0].candidate)), None)
        if longer is None:
            kept.append(group)
        else:
            longer += [_moved(one, longer[0].candidate) for one in group]
    wanted = [Wanted(served=tuple(group)) for group in kept]
    return sorted(wanted, key=lambda each: -each.total_ms)


def _moved(one: Served, longer: Candidate) -> Served:
    return Served(wished=one.wished, candidate=longer, proof=one.proof)


def _proofs(wished: Wished, proving: Proving) -> list[Proof]:
    question = Question(
        statement=wished.asked.text,
        values=wished.asked.values,
        mean_ms=wished.asked.mean_ms,
        calls=wished.asked.calls,
    )
    return prove(
        proving.engine,
        question,
        wished.candidates,
        expendable=proving.expendable,
        methods=proving.methods,
        updates=proving.updates,
        timeout_s=proving.timeout_s,
    )


def _useless(proofs: Sequence[Proof]) -> str:
    proof = proofs[0]
    if proof.before_ms is not None and proof.after_ms is not None:
        told = f"{format_ms(proof.before_ms)} before, {format_ms(proof.after_ms)} after"
    else:
        told = f"cost {proof.before_cost or 0:,.0f} before, {proof.after_cost or 0:,.0f} after"
    name = proof.candidate.name
    return f"{name} was tried and did not help ({told}): not proposed."


def _identity(candidate: Candidate) -> tuple[object, ...]:
    return (
        candidate.schema, candidate.table, candidate.method, candidate.keys,
        frozenset(candidate.include), candidate.where,
    )  # fmt: skip


def _begins(longer: Candidate, candidate: Candidate) -> bool:
    plain = not (candidate.include or candidate.where or candidate.companions)
    same = (longer.schema, longer.table, longer.method, candidate.method, longer.where) == (
        candidate.schema, candidate.table, "btree", "btree", "",
    )  # fmt: skip
    return plain and same and longer.keys[: len(candidate.keys)] == candidate.keys


def _cost_share(plan: Plan, candidate: Candidate) -> float:
    """Return the share of the plan's cost that the scans of the table have."""
    whole = plan.root.number("Total Cost") or 0.0
    own = 0.0
    for node in plan.tree:
        if node.relation == candidate.table and node.text("Schema") == candidate.schema:
            below = sum(plan.tree[child].number("Total Cost") or 0.0 for child in node.children)
            own += max((node.number("Total Cost") or 0.0) - below, 0.0)
    return min(own / whole, 1.0) if whole else 0.0
