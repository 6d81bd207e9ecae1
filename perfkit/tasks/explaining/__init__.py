"""The parts of :func:`perfkit.explain`."""
