"""Distributed traces."""
