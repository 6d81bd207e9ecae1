"""The parts of :func:`perfkit.diagnose`: window, symptoms, joins, accounting, words."""
