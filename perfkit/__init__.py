"""perfkit: find out why an API is slow, with evidence.

The front door. Everything public is here and is imported when it is first used, so that
``import perfkit`` costs milliseconds and touches neither pandas nor plotly nor the network.

Read what you could export:  :func:`load`, :func:`scan`, :func:`sample`, :class:`Recording`
Ask:                         :func:`diagnose` (start here), :func:`digest`, :func:`baseline`,
                             :func:`pool`, :func:`event_loop`, :func:`sequential_scans`
Ask what changed:            :func:`slo`, :func:`since_when`, :func:`compare`
Ask traces:                  :func:`breakdown`, :func:`critical_path`, :func:`n_plus_one`,
                             :func:`parallelism`, :func:`tail`, :func:`external_calls`
Measure:                     :func:`timeapi`, :func:`profile_endpoint`, :func:`watch_pool`,
                             :func:`explain`, :func:`index_audit`, :func:`read_plan`,
                             :func:`snapshot`, :func:`interval`
In a notebook:               ``%load_ext perfkit`` adds ``%%timeapi``, ``%%explain``,
                             ``%profile_endpoint`` and ``%perfkit``
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from perfkit.analyses.baseline import baseline
    from perfkit.analyses.breakdown import breakdown
    from perfkit.analyses.compare import compare
    from perfkit.analyses.critical_path import critical_path
    from perfkit.analyses.diagnose import diagnose
    from perfkit.analyses.diff_plans import diff_plans
    from perfkit.analyses.digest import digest
    from perfkit.analyses.event_loop import event_loop
    from perfkit.analyses.external_calls import external_calls
    from perfkit.analyses.n_plus_one import n_plus_one
    from perfkit.analyses.parallelism import parallelism
    from perfkit.analyses.plan_history import plan_history
    from perfkit.analyses.pool import pool
    from perfkit.analyses.sequential_scans import sequential_scans
    from perfkit.analyses.since_when import since_when
    from perfkit.analyses.slo import slo
    from perfkit.analyses.tail import tail
    from perfkit.errors import PerfkitError
    from perfkit.ingest.load import load
    from perfkit.magics import load_ipython_extension, unload_ipython_extension
    from perfkit.plans.read import read_plan
    from perfkit.probes.pool_watch import watch_pool
    from perfkit.recording import Recording
    from perfkit.results import Finding, Result
    from perfkit.shipped import sample
    from perfkit.tasks.explain import explain
    from perfkit.tasks.explain_top import explain_top
    from perfkit.tasks.index_audit import index_audit
    from perfkit.tasks.profile_endpoint import profile_endpoint
    from perfkit.tasks.scan import scan
    from perfkit.tasks.snapshot import interval, snapshot
    from perfkit.tasks.timeapi import timeapi, timeapi_async

__version__ = "0.1.0"

_HOMES = {
    "Finding": "perfkit.results",
    "PerfkitError": "perfkit.errors",
    "Recording": "perfkit.recording",
    "Result": "perfkit.results",
    "baseline": "perfkit.analyses.baseline",
    "breakdown": "perfkit.analyses.breakdown",
    "compare": "perfkit.analyses.compare",
    "critical_path": "perfkit.analyses.critical_path",
    "diagnose": "perfkit.analyses.diagnose",
    "diff_plans": "perfkit.analyses.diff_plans",
    "digest": "perfkit.analyses.digest",
    "event_loop": "perfkit.analyses.event_loop",
    "explain": "perfkit.tasks.explain",
    "explain_top": "perfkit.tasks.explain_top",
    "external_calls": "perfkit.analyses.external_calls",
    "index_audit": "perfkit.tasks.index_audit",
    "interval": "perfkit.tasks.snapshot",
    "load": "perfkit.ingest.load",
    "load_ipython_extension": "perfkit.magics",
    "n_plus_one": "perfkit.analyses.n_plus_one",
    "parallelism": "perfkit.analyses.parallelism",
    "plan_history": "perfkit.analyses.plan_history",
    "pool": "perfkit.analyses.pool",
    "profile_endpoint": "perfkit.tasks.profile_endpoint",
    "read_plan": "perfkit.plans.read",
    "sample": "perfkit.shipped",
    "scan": "perfkit.tasks.scan",
    "sequential_scans": "perfkit.analyses.sequential_scans",
    "since_when": "perfkit.analyses.since_when",
    "slo": "perfkit.analyses.slo",
    "snapshot": "perfkit.tasks.snapshot",
    "tail": "perfkit.analyses.tail",
    "timeapi": "perfkit.tasks.timeapi",
    "timeapi_async": "perfkit.tasks.timeapi",
    "unload_ipython_extension": "perfkit.magics",
    "watch_pool": "perfkit.probes.pool_watch",
}

#: Modules that people reach as ``perfkit.lab`` without importing them first.
_MODULES = ("guide", "lab", "share")

__all__ = [
    "Finding",
    "PerfkitError",
    "Recording",
    "Result",
    "__version__",
    "baseline",
    "breakdown",
    "compare",
    "critical_path",
    "diagnose",
    "diff_plans",
    "digest",
    "event_loop",
    "explain",
    "explain_top",
    "external_calls",
    "index_audit",
    "interval",
    "load",
    "load_ipython_extension",
    "n_plus_one",
    "parallelism",
    "plan_history",
    "pool",
    "profile_endpoint",
    "read_plan",
    "sample",
    "scan",
    "sequential_scans",
    "since_when",
    "slo",
    "snapshot",
    "tail",
    "timeapi",
    "timeapi_async",
    "unload_ipython_extension",
    "watch_pool",
]


def __getattr__(name: str) -> Any:
    """Import a public name, or one of the modules people name, at its first use (PEP 562)."""
    if name in _MODULES:
        return importlib.import_module(f"perfkit.{name}")
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'perfkit' has no attribute {name!r}")
    value = getattr(importlib.import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names, for completion."""
    return sorted(__all__)
