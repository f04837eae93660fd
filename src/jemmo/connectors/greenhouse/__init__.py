"""Greenhouse Recruiting, by its Harvest API, version 3."""
