"""Webhooks that Jemmo sends: their tables, and the triggers that write events into them."""
