"""The parts of an index audit: each looks at one kind of fault and returns advices."""
