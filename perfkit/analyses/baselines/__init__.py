"""What a baseline counts of requests, adds up, and says about them."""
