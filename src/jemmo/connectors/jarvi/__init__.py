"""Jarvi, by its public REST API."""
