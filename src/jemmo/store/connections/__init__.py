"""Reads the state, logs and paused deletions of connections."""
