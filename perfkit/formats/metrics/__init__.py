"""Formats of host, container and process readings, into the table ``metrics``."""
