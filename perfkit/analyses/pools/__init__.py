"""What :mod:`perfkit.analyses.pool` is made of."""
