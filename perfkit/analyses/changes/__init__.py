"""Parts of :mod:`perfkit.analyses.since_when`: series, boundaries, their shape and their place."""
