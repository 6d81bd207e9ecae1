"""Which index would help a plan. Nothing here is proven: see ``perfkit.tasks.proofs``."""

from perfkit.plans.candidates.index import Candidate
from perfkit.plans.candidates.one_scan import candidate
from perfkit.plans.candidates.propose import candidates

__all__ = ["Candidate", "candidate", "candidates"]
