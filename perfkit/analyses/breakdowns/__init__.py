"""Where the wall time of requests goes: exclusive time, and what kind of work it is."""
