"""Jarvi, through its public REST API."""
