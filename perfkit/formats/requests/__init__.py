"""Request logs of web services."""
