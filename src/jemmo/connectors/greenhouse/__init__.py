"""Greenhouse Recruiting, through version 3 of its Harvest API."""
