"""Connecting an ATS, and a connection's settings and status."""
