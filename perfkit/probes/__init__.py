"""One file measures one thing live."""
