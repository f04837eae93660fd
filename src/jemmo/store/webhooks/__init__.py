"""Stores webhook deliveries as they arrive, and writes the records refetched for them."""
