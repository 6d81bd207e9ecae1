"""Totals per statement, as databases keep them."""
