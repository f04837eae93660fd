"""Flatchr, by its private API."""
