"""Calls that leave a service: who is called, how that ends, and what is wrong with it."""
