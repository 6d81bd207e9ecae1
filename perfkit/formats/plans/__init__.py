"""Files that hold what EXPLAIN printed."""
