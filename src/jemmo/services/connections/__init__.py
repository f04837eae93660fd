"""Connecting an ATS, and everything that is set or shown about a connection."""
