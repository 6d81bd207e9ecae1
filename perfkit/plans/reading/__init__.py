"""Plans as people have them -> the document that ``EXPLAIN (FORMAT JSON)`` gives."""
