"""Calls that a request makes one after another: which of them wait for each other, and why."""
