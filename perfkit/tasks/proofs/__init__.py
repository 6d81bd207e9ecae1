"""Proof that an index helps, before it is advised; and what would be lost without one.

Three ways, from the one that touches nothing to the one that does the real work: a
hypothetical index (HypoPG), an index on a sample copy, the index itself. The last two write,
in a transaction that is rolled back, and run only where that is allowed.
"""

from __future__ import annotations

from perfkit.tasks.proofs.dropped import DropProof, PlanChange, prove_drop
from perfkit.tasks.proofs.model import Proof, Question, WriteCost
from perfkit.tasks.proofs.proving import METHODS, prove
from perfkit.tasks.proofs.verdict import best

__all__ = [
    "METHODS",
    "DropProof",
    "PlanChange",
    "Proof",
    "Question",
    "WriteCost",
    "best",
    "prove",
    "prove_drop",
]
