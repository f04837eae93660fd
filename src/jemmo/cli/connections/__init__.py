"""Connecting an ATS, and its schedule."""
