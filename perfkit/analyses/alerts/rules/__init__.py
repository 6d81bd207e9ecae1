"""What can be wrong with the traffic of a service: one subject, one file."""
