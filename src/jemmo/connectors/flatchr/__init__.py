"""Flatchr, through its private API."""
