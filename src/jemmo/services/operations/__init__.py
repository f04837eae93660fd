"""Backups, keys, metrics, readiness, pruning."""
