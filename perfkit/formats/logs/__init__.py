"""Logs of databases and servers."""
