"""Critical paths: which spans a request waits for, and what it would gain if they were faster."""
