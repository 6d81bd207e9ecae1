"""What can be wrong with calls that leave a service: one rule, one file."""
