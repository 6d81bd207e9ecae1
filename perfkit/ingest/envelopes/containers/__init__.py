"""Envelopes that container runtimes and their command lines write."""
