"""Requests by the people in the data."""
