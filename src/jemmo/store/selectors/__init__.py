"""Reads: what pages, exports and commands show."""
