"""The parts of a digest of statements: what is counted, added up, and said about it."""
