"""Syncing and verifying."""
