"""Reads lists that can only be searched by day, in windows of time."""
