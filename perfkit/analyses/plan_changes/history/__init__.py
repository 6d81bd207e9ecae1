"""Parts of :mod:`perfkit.analyses.plan_history`: shapes, stretches, what became slower."""
