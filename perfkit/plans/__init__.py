"""The query-plan model: read, self time, conditions, index candidates, rules."""
