"""What the slowest requests have that the others have not."""
