"""Reads of connections: state, logs, paused deletions."""
