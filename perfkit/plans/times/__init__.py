"""Where an execution spent its time beside and inside of its nodes."""
