"""Requests by data subjects."""
