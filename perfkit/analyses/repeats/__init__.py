"""Calls that repeat within one request: what is called, by whom, and which of it is innocent."""
