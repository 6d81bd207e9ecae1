"""Envelopes of the logs of hosts: syslog, journald, Heroku's logplex."""
