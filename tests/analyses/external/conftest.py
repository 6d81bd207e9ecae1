"""Findings of the analysis of external calls on traces written call by call."""

from __future__ import annotations

import pytest

from perfkit.analyses.external_calls import external_calls


@pytest.fixture(scope="session")
def looked(built):
    """Return the result for rows of spans (and other tables)."""
    return lambda rows, **tables: external_calls(built(spans=rows, **tables))


@pytest.fixture(scope="session")
def found(looked):
    """Return the findings of one rule for rows of spans (and other tables)."""

    def find(rule, rows, **tables):
        return [one for one in looked(rows, **tables).findings if one.rule == rule]

    return find


@pytest.fixture(scope="session")
def several(traces_built):
    """Return ``several(write, count)``: the rows of so many traces, each filled by ``write``."""
    return traces_built.several


@pytest.fixture(scope="session")
def told(traces_built):
    """Return ``told(name=value)``: attributes as OpenTelemetry's bytes, ``__`` for a dot."""
    return lambda **values: traces_built.attributes("otel", **values)
