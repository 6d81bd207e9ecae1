"""Traces as forests of spans: what several analyses of them share."""
