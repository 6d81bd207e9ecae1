"""Alert rules: what stands out in the traffic of a service, with thresholds that can be changed.

Each rule states the least data it needs and says so where it is missing. A stationary day with
its daily cycle, bursts and restarts fires nothing; several symptoms of one incident are one
finding.
"""

from perfkit.analyses.alerts.judging import Found, found, judged
from perfkit.analyses.alerts.thresholds import THRESHOLDS, Threshold

__all__ = ["THRESHOLDS", "Found", "Threshold", "found", "judged"]
