"""Lines that applications and application servers write: requests, and events among them."""
