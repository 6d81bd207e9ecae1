"""Results of load tests: single requests where the tool tells them, else its summaries."""
