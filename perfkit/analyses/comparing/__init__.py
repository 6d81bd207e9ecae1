"""Before and after: which rows are compared, what changed, and whether that is real."""
