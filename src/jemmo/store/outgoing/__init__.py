"""Outgoing webhooks: their tables, and the triggers that write events into them."""
