"""Webhook deliveries: stored as they arrive, and what refetching them writes."""
