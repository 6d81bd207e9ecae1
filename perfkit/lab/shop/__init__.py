"""The demo shop: a small FastAPI service whose six faults can be switched on and off."""
