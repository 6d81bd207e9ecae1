"""What differs between two plans of a statement, and between its plans over time."""
