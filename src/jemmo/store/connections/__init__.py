"""Reads of connections: their state, their logs, their paused deletions."""
